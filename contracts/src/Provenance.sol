// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenance} from "./interfaces/IProvenance.sol";

/// @title What each publisher has anchored, in one rolling hash.
contract Provenance is IProvenance {
    struct History {
        bytes32 head;
        uint64 count;
    }

    /// @inheritdoc IProvenance
    mapping(address publisher => History) public headOf;

    /// @inheritdoc IProvenance
    function anchor(bytes32 subject, bytes32 root, uint64 count) external {
        if (count == 0) revert NoRecords();
        History storage history = headOf[msg.sender];
        bytes32 head = sha256(abi.encodePacked(history.head, subject, root, count));
        history.head = head;
        history.count += count;
        emit Anchored(msg.sender, subject, root, count, head);
    }

    /// @inheritdoc IProvenance
    function verify(bytes32 root, bytes32 leafHash, uint64 index, uint64 size, bytes32[] calldata proof)
        external
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
