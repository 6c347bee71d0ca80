import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Comment {
  readonly id: number;
  body: string;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
}

/** Stands in for the comments of GitHub and the notes of GitLab, which are alike but for their paths and verbs. */
export class FakeHost {
  readonly comments: Comment[] = [];
  readonly calls: Call[] = [];
  refusesWith: number | undefined;
  private server: Server | undefined;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      void this.answer(request).then(({ status, content }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
      });
    }).listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server?.close();
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; content: unknown }> {
    const { method = '', url = '', headers } = request;
    const token = headers.authorization ?? String(headers['private-token']);
    const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
    this.calls.push({ method, path: pathname, token });
    let text = '';
    for await (const part of request) text += String(part);
    if (this.refusesWith !== undefined) return { status: this.refusesWith, content: {} };
    if (method === 'GET') {
      const [size, page] = [Number(searchParams.get('per_page')), Number(searchParams.get('page'))];
      return { status: 200, content: this.comments.slice((page - 1) * size, page * size) };
    }
    const { body }: { body: string } = JSON.parse(text);
    if (method === 'POST') this.comments.push({ id: this.comments.length + 1, body });
    const known = this.comments.find(({ id }) => pathname.endsWith(`/${id}`));
    if (known !== undefined) known.body = body;
    return { status: method === 'POST' ? 201 : 200, content: {} };
  }
}
