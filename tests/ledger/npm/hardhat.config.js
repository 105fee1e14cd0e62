// The network that tests/ledger and benchmarks/ledger talk to.
export default {
  paths: { artifacts: "./node_modules/.hardhat/artifacts", cache: "./node_modules/.hardhat/cache" },
  networks: {
    node: {
      type: "edr-simulated",
      chainType: "l1",
      chainId: 7117,
      hardfork: "prague",
      blockGasLimit: 60000000n,
    },
  },
};
