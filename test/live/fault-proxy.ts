import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What becomes of a request on its way. */
export type Fault =
  /** Refused for its rate. */
  | 'throttle'
  | 'unavailable'
  /** The page of a gateway in between. */
  | 'gateway-page'
  /** The connection breaks before the request arrives. */
  | 'reset'
  /** The request is carried out, and the answer gets lost. */
  | 'lost-answer'
  /** The request is carried out, and half of the answer arrives. */
  | 'truncated'
  /** The request is carried out, half of the answer arrives, and nothing more, for ever. */
  | 'stalled'
  /** Nothing comes back, for ever. */
  | 'hang';

export interface FaultProxy {
  readonly url: string;
  /** Actions in the order in which they arrived. */
  readonly actions: string[];
  close(): Promise<void>;
}

/**
 * A proxy in front of a stand-in for AWS that breaks what it is told to.
 * @param decide the action, and how many of it there were before
 */
export async function faultProxy(
  target: string,
  decide: (action: string, before: number) => Fault | undefined,
): Promise<FaultProxy> {
  const actions: string[] = [];
  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const action = actionOf(incoming, body);
    const fault = decide(action, actions.filter((each) => each === action).length);
    actions.push(action);
    switch (fault) {
      case 'throttle':
        answerError(outgoing, 400, 'Throttling', 'Rate exceeded');
        return;
      case 'unavailable':
        answerError(outgoing, 503, 'ServiceUnavailable', 'try again');
        return;
      case 'gateway-page':
        outgoing.writeHead(502, { 'content-type': 'text/html' }).end('<html><title>Bad gateway</html>');
        return;
      case 'reset':
        incoming.socket.destroy();
        return;
      case 'hang':
        return;
      case 'lost-answer':
        await forward(incoming, body);
        incoming.socket.destroy();
        return;
      case 'truncated': {
        const answer = await forward(incoming, body);
        outgoing.writeHead(answer.status, {
          ...answer.headers,
          'content-length': String(answer.body.length),
        });
        outgoing.write(answer.body.subarray(0, answer.body.length / 2), () => incoming.socket.destroy());
        return;
      }
      case 'stalled': {
        const answer = await forward(incoming, body);
        const length = String(answer.body.length);
        outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': length });
        outgoing.write(answer.body.subarray(0, answer.body.length / 2));
        return;
      }
      case undefined: {
        const answer = await forward(incoming, body);
        outgoing.writeHead(answer.status, answer.headers).end(answer.body);
      }
    }
  }

  async function forward(incoming: IncomingMessage, body: Buffer) {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(
        new URL(incoming.url ?? '/', target),
        { method: incoming.method, headers: incoming.headers },
        resolve,
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });
    const { 'transfer-encoding': _, ...headers } = answer.headers;
    return { status: answer.statusCode ?? 500, headers, body: await buffer(answer) };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    actions,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a request asks for, whichever way its service is spoken to. */
function actionOf({ method, url, headers }: IncomingMessage, body: Buffer): string {
  const form = new URLSearchParams(body.toString('utf8')).get('Action');
  const target = headers['x-amz-target'];
  const operation = /\/operation\/(\w+)/.exec(url ?? '')?.[1];
  if (url?.includes('/account-settings')) return 'GetAccountSettings';
  const ofStorage: Readonly<Record<string, string>> = {
    HEAD: /^\/[^/?]+\/?(?:\?|$)/.test(url ?? '') ? 'HeadBucket' : 'HeadObject',
    PUT: 'PutObject',
    DELETE: 'DeleteObject',
  };
  const named = typeof target === 'string' ? target.split('.')[1] : undefined;
  return form ?? named ?? operation ?? ofStorage[method ?? ''] ?? `${method} ${url}`;
}

function answerError(outgoing: ServerResponse, status: number, code: string, message: string): void {
  outgoing
    .writeHead(status, { 'content-type': 'text/xml' })
    .end(
      `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
    );
}
