import { buffer } from 'node:stream/consumers';
import type { Input } from '../ports.js';

export function standardInput(stream: NodeJS.ReadStream): Input {
  return { read: () => buffer(stream) };
}
