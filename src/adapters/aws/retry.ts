import { StandardRetryStrategy } from '@smithy/core/retry';

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
    if (error.errorType !== 'THROTTLING') throw new Error('not tried again');
    return super.refreshRetryTokenForRetry(token, error);
  }
}
