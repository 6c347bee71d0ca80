import type { SpecDatabase } from '@aws-cdk/service-spec-types';

/** Properties a remediation chooses a value for; the schemas list far more. */
const wanted = ['AWS::Logs::LogGroup.RetentionInDays'];

/** The values a property takes, by `type.property`. */
export function allowedValues(database: SpecDatabase): Record<string, readonly unknown[]> {
  return Object.fromEntries(
    wanted.map((name) => {
      const [typeName = '', property = ''] = name.split('.');
      const resource = database.lookup('resource', 'cloudFormationType', 'equals', typeName).only();
      const type = resource.properties[property]?.type;
      const values = type !== undefined && 'allowedValues' in type ? type.allowedValues : undefined;
      if (values === undefined) throw new Error(`the schemas no longer list the values of ${name}`);
      return [name, values];
    }),
  );
}
