"""What peers remember together: orders, designs, steps and parts on any Ethereum JSON-RPC."""
