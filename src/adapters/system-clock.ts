import type { Clock } from '../ports.js';

export const systemClock: Clock = {
  today: () => new Date().toISOString().slice(0, 10),
};
