/**
 * npm runs a script through a shell, and on SIGTERM ends that shell alone: the script goes on, unseen.
 */

/**
 * Calls back once, when the shell in which npm started this process has gone.
 *
 * @param {() => void} end
 * @returns {() => void} stops watching
 */
export function whenAbandoned(end) {
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, 250);
  timer.unref();
  return () => clearInterval(timer);
}
