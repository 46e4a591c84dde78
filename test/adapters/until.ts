/** Waits for something that others do. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error("The condition did not come true within 60 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
