import { missingTemplate } from './cli/plan-arguments.js';
import { parseArguments } from './cli/program.js';
import type { Request } from './cli/request.js';
import { showError } from './cli/show-error.js';
import { IdpFixError } from './errors.js';
import { terminalLine } from './escape.js';
import type { Product } from './product.js';
import { jsonErrors } from './report/json.js';
import { paint } from './report/paint.js';
import type { RunPorts } from './wire.js';

/**
 * Does what a command line asks for. Commands are loaded when they are needed, so that a plan pays for no other.
 * @param words without the interpreter and the script
 * @returns the exit code; what is thrown is a defect
 */
export async function runCommandLine(
  words: readonly string[],
  ports: RunPorts,
  product: Product,
): Promise<number> {
  try {
    const request = parseArguments(words, product.version, ports.output.dataTerminal.columns);
    const world = request.command !== 'text' && request.unasked ? withoutQuestions(ports) : ports;
    return await runRequest(request, world, await extended(product, request, ports));
  } catch (error) {
    if (!(error instanceof IdpFixError)) throw error;
    const { noteTerminal } = ports.output;
    if (asksForJson(words)) ports.output.data(jsonErrors([error]));
    ports.output.note(showError(error, paint(noteTerminal.color && !words.includes('--no-color'))));
    return error.exitCode;
  }
}

function withoutQuestions(ports: RunPorts): RunPorts {
  return {
    ...ports,
    prompt: { ...ports.prompt, isPossible: false },
    live: { ...ports.live, ask: async () => undefined },
  };
}

/** Plugins are rare, so what checks them is only loaded for one. */
async function extended(product: Product, request: Request, ports: RunPorts): Promise<Product> {
  if (request.command === 'text' || request.plugins.length === 0) return product;
  const { withPlugins } = await import('./plugins.js');
  return withPlugins(product, request.plugins, ports.modules);
}

/** Asked of the words themselves, because they may be what is wrong. */
function asksForJson(words: readonly string[]): boolean {
  return words.some(
    (word, index) => word === '--format=json' || (word === 'json' && words[index - 1] === '--format'),
  );
}

/** @throws IdpFixError for what somebody else did wrong */
async function runRequest(request: Request, ports: RunPorts, product: Product): Promise<number> {
  switch (request.command) {
    case 'text':
      ports.output.data(request.text);
      return 0;
    case 'plan': {
      const { planCommand } = await import('./cli/plan-command.js');
      return planCommand(request, ports, product);
    }
    case 'wizard': {
      if (request.isImplied && !ports.prompt.isPossible) throw missingTemplate();
      const { wizardCommand } = await import('./cli/wizard/wizard-command.js');
      return wizardCommand(request, ports, product);
    }
    case 'compare': {
      const { compareCommand } = await import('./cli/compare-command.js');
      return compareCommand(request, ports, product);
    }
    case 'explain': {
      const { explainCommand } = await import('./cli/explain-command.js');
      return explainCommand(request, ports, product);
    }
    case 'checklist': {
      const { checklistCommand } = await import('./cli/checklist-command.js');
      return checklistCommand(request, ports, product);
    }
    case 'fleet': {
      const { fleetCommand } = await import('./cli/fleet-command.js');
      return fleetCommand(request, ports, product);
    }
    case 'undo': {
      const { undo } = await import('./deliver/undo.js');
      const restored = await undo(ports.files, request.template, request);
      if (!request.quiet)
        ports.output.note(restored.map((path) => `restored ${terminalLine(path)}\n`).join(''));
      return 0;
    }
    case 'fetch': {
      const { fetchCommand } = await import('./cli/fetch-command.js');
      return fetchCommand(request, ports);
    }
    case 'change-set': {
      const { changeSetCommand } = await import('./cli/change-set-command.js');
      return changeSetCommand(request, ports, product);
    }
    case 'verify': {
      const { verifyCommand } = await import('./cli/verify-command.js');
      return verifyCommand(request, ports, product);
    }
    case 'completion': {
      const { completionCommand } = await import('./cli/completion-command.js');
      return completionCommand(request, ports, product);
    }
    case 'lsp': {
      const { serveLsp } = await import('./lsp/serve.js');
      return serveLsp(request, ports, product);
    }
    case 'mcp': {
      const { serveMcp } = await import('./mcp/serve.js');
      return serveMcp(request, ports, product, (asked, restricted) => runRequest(asked, restricted, product));
    }
    case 'policy': {
      const { policyCommand } = await import('./cli/policy-command.js');
      return policyCommand(request, ports, product);
    }
  }
}
