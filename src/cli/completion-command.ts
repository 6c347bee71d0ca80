import { presetNames } from '../policy/locate.js';
import type { Ports } from '../ports.js';
import type { Product } from '../product.js';
import { bashScript } from './completion/bash.js';
import { fishScript } from './completion/fish.js';
import { describeCommands } from './completion/model.js';
import { powershellScript } from './completion/powershell.js';
import { zshScript } from './completion/zsh.js';
import { buildProgram } from './program.js';
import type { CompletionRequest } from './request.js';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript, powershell: powershellScript };

/** `idp-fix completion SHELL`: made from what the program says of itself, so that it knows every flag. */
export async function completionCommand(
  { shell }: CompletionRequest,
  { files, output }: Ports,
  { version, remediations, policiesFolder }: Product,
): Promise<number> {
  const commands = describeCommands(
    buildProgram(version, () => {}),
    {
      ids: remediations.map(({ id }) => id),
      presets: await presetNames({ files, policiesFolder }),
    },
  );
  output.data(scripts[shell](commands));
  return 0;
}
