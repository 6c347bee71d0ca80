import { StandardRetryStrategy } from '@smithy/core/retry';
import { readSdkError } from './failure.js';

const attempts = 3;

type Refresh = StandardRetryStrategy['refreshRetryTokenForRetry'];

/**
 * For calls that must not be repeated once they may have been carried out: only what was refused for its rate is
 * tried again.
 */
export function onlyThrottling(): StandardRetryStrategy {
  return new OnlyThrottling(attempts);
}

class OnlyThrottling extends StandardRetryStrategy {
  override async refreshRetryTokenForRetry(...[token, error]: Parameters<Refresh>): ReturnType<Refresh> {
    // A proxy may say that there are too many requests after it has passed one on.
    const isRefused = error.errorType === 'THROTTLING' && readSdkError(error.error)?.isOfAws === true;
    if (!isRefused) throw new Error('not tried again');
    return super.refreshRetryTokenForRetry(token, error);
  }
}
