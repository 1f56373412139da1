// Tabs of the page tell each other what they changed on the server. createTabs(hear) -> {tell(what, detail)}
export function createTabs(hear) {
  if (!globalThis.BroadcastChannel) return { tell() {} };
  const channel = new BroadcastChannel('taproom');
  channel.onmessage = ({ data }) => hear(data?.what, data?.detail);
  return { tell: (what, detail = '') => channel.postMessage({ what, detail }) };
}
