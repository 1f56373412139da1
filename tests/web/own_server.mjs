// A server of a test's own: PROGRAM on a free port, started and ended as often as the test likes.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';

async function freePort() {
  const s = createServer().listen(0, '127.0.0.1');
  await once(s, 'listening');
  const { port } = s.address();
  s.close();
  return port;
}

// options: further ones of `serve`. stop answers the exit status.
export async function ownServer(options) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    async start() {
      const args = ['serve', '--port', port, ...options].map(String);
      const server = spawn(process.env.PROGRAM, args, { stdio: 'ignore' });
      for (let i = 0; i < 240; i++) {
        if ((await fetch(`${url}/api/health/ready`).catch(() => null))?.ok) return server;
        await new Promise(done => setTimeout(done, 250));
      }
      throw new Error('the server was not ready within a minute');
    },
    async stop(server) {
      server.kill('SIGTERM');
      const [code] = await once(server, 'exit');
      return code;
    },
  };
}
