// A js-libp2p node for tests and benchmarks: one JSON command a line in, one JSON event a line out.
import { createInterface } from 'node:readline'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { noise } from '@chainsafe/libp2p-noise'
import { mdns } from '@libp2p/mdns'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@chainsafe/libp2p-yamux'
import { createLibp2p } from 'libp2p'
import { multiaddr } from '@multiformats/multiaddr'

const TOPIC = process.argv[2] ?? 'hello/1'
const NEARBY = process.argv[3] === 'nearby'
const HEADER = 20 // bench messages: magic 'GMRK', time as a double, number, source

const say = event => process.stdout.write(JSON.stringify(event) + '\n')
const now = () => (performance.timeOrigin + performance.now()) / 1000
const cpu = () => { const used = process.cpuUsage(); return (used.user + used.system) / 1e6 }
const sleep = seconds => new Promise(resolve => setTimeout(resolve, Math.max(0, seconds * 1000)))

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp(), circuitRelayTransport()],
  peerDiscovery: NEARBY ? [mdns({ interval: 1000 })] : [],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionManager: { inboundConnectionThreshold: 1000 },
  connectionGater: { denyDialMultiaddr: () => false },
  services: {
    identify: identify(),
    ping: ping(),
    relay: circuitRelayServer(),
    pubsub: gossipsub({ D: 8, Dlo: 6, Dhi: 1000, floodPublish: false, allowPublishToZeroTopicPeers: true, emitSelf: false, heartbeatInterval: 1000 })
  }
})
const pubsub = node.services.pubsub
let heard = new Map()
let delays = []
let twice = 0

pubsub.addEventListener('message', ({ detail }) => {
  const data = detail.data
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  if (data.length < HEADER || view.getUint32(0) !== 0x474d524b) {
    say({ event: 'message', from: detail.from?.toString(), hex: Buffer.from(data).toString('hex') })
    return
  }
  const key = view.getUint32(12) * 0x10000 + view.getUint32(16)
  if (heard.has(key)) { twice++; return }
  heard.set(key, true)
  delays.push((now() - view.getFloat64(4)) * 1000)
})
pubsub.subscribe(TOPIC)
node.addEventListener('peer:discovery', ({ detail }) => say({ event: 'found', peer: detail.id.toString() }))

const commands = {
  connect: async ({ address }) => { await node.dial(multiaddr(address)); return {} },
  ping: async ({ address }) => ({ milliseconds: await node.services.ping.ping(multiaddr(address)) }),
  identify: async ({ address }) => {
    const connection = await node.dial(multiaddr(address))
    const found = await node.services.identify.identify(connection)
    return { agent: found.agentVersion, protocols: found.protocols, peer: connection.remotePeer.toString() }
  },
  reserve: async ({ address }) => {
    await node.components.transportManager.listen([multiaddr(address + '/p2p-circuit')])
    return { addresses: node.getMultiaddrs().map(String).filter(one => one.includes('/p2p-circuit')) }
  },
  publish: async ({ hex }) => ({ recipients: (await pubsub.publish(TOPIC, Buffer.from(hex, 'hex'))).recipients.length }),
  mesh: async () => ({ size: pubsub.getMeshPeers(TOPIC).length }),
  run: async ({ start, seconds, rate, source, size, drain }) => {
    heard = new Map(); delays = []; twice = 0
    await sleep(start - now())
    const before = cpu()
    let sent = 0
    for (; sent < Math.round(seconds * rate) && now() < start + seconds + 1; sent++) {
      await sleep(start + (sent + source / 100) / rate - now())
      const data = Buffer.alloc(size)
      data.writeUInt32BE(0x474d524b, 0)
      data.writeDoubleBE(now(), 4)
      data.writeUInt32BE(sent, 12)
      data.writeUInt32BE(source, 16)
      pubsub.publish(TOPIC, data).catch(error => say({ event: 'failed', text: String(error) }))
    }
    await sleep(start + seconds + drain - now())
    return { sent, heard: heard.size, twice, cpu: cpu() - before, rss: process.memoryUsage().rss, delays }
  },
  quit: async () => { setTimeout(() => process.exit(0), 50); return {} }
}

say({ event: 'ready', address: node.getMultiaddrs()[0].toString() })
for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...values } = JSON.parse(line)
  commands[command](values).then(
    result => say({ event: command, ...result }),
    error => say({ event: 'failed', text: String(error?.stack ?? error) })
  )
}
process.exit(0)
