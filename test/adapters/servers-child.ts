/** A test process that starts a server and does not stop it. Prints the server's port and folder; the argument is its end. */
import { startRedis } from "../servers/redis.ts";

const { port, folder } = await startRedis();
console.log(JSON.stringify({ port, folder }));
switch (process.argv[2]) {
  case "throws":
    throw new Error("on purpose");
  case "exits":
    process.exit(1);
    break;
  case "is killed":
    process.kill(process.pid, "SIGKILL");
    break;
  case "is terminated":
    process.kill(process.pid, "SIGTERM");
    break;
}
