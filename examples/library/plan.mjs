// The library: `node examples/library/plan.mjs` plans the example and says what would be fixed, writing nothing.
// Outside this checkout the import is the same.
import { plan, report } from 'idp-fix';

const template = new URL('../small/template.yaml', import.meta.url).pathname;
const planned = await plan(template, { only: ['log-retention'] });
for (const failure of planned.failures) console.error(failure.message);

const [{ result }] = planned.roots;
for (const { remediation, logicalId, verdict, because } of result.document.stacks[0].findings) {
  console.log(`${remediation} ${logicalId}: ${verdict}: ${because}`);
}
process.stdout.write(await report(planned, 'diff'));
