// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Inclusion proofs of RFC 9162 trees, hashed by the SHA-256 precompile.
library MerkleTree {
    /// @notice Whether a leaf stands at `index` of the tree of `size` leaves (RFC 9162 section 2.1.3.2).
    /// @param leafHash SHA-256(0x00, entry).
    /// @param proof From the leaf's sibling up.
    function includes(bytes32 root, bytes32 leafHash, uint64 index, uint64 size, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        if (index >= size) return false;
        uint64 last = size - 1;
        bytes32 computed = leafHash;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (last == 0) return false;
            if (index & 1 == 1 || index == last) {
                computed = sha256(abi.encodePacked(bytes1(0x01), proof[i], computed));
                while (index & 1 == 0 && index != 0) {
                    index >>= 1;
                    last >>= 1;
                }
            } else {
                computed = sha256(abi.encodePacked(bytes1(0x01), computed, proof[i]));
            }
            index >>= 1;
            last >>= 1;
        }
        return last == 0 && computed == root;
    }
}
