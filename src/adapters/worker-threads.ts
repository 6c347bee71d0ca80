import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Workers } from '../ports.js';

/** Threads of this process. @param entry module that answers each message with one of its own */
export function threadWorkers(entry: URL): Workers {
  return {
    cores: availableParallelism(),
    start<Task, Answer>(setup: unknown) {
      const thread = new Worker(entry, { workerData: setup });
      return {
        ask(task: Task) {
          return new Promise<Answer>((resolve, reject) => {
            const settle = (end: () => void) => {
              thread.off('message', onAnswer).off('error', onError).off('exit', onExit);
              end();
            };
            const onAnswer = (answer: Answer) => settle(() => resolve(answer));
            const onError = (error: unknown) => settle(() => reject(error));
            const onExit = () => settle(() => reject(new Error('the worker has ended')));
            thread.on('message', onAnswer).on('error', onError).on('exit', onExit);
            thread.postMessage(task);
          });
        },
        async end() {
          await thread.terminate();
        },
      };
    },
  };
}
