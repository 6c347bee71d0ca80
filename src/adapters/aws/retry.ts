import { StandardRetryStrategy } from '@smithy/core/retry';
import type { RetryErrorInfo, RetryStrategyV2, StandardRetryToken } from '@smithy/types';

const attempts = 3;

/**
 * For calls that must not be repeated once they may have been carried out: only what was refused for its rate is
 * tried again.
 */
export function onlyThrottling(): RetryStrategyV2 {
  return new OnlyThrottling(attempts);
}

class OnlyThrottling extends StandardRetryStrategy {
  override async refreshRetryTokenForRetry(
    token: StandardRetryToken,
    error: RetryErrorInfo,
  ): Promise<StandardRetryToken> {
    if (error.errorType !== 'THROTTLING') throw new Error('not tried again');
    return super.refreshRetryTokenForRetry(token, error);
  }
}
