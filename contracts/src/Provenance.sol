// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProvenance} from "./interfaces/IProvenance.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";

/// @title What each publisher has anchored, in one rolling hash.
contract Provenance is IProvenance {
    /// Head and count in one word, so that an anchor rewrites only one.
    mapping(address publisher => bytes32) private _histories;

    /// @inheritdoc IProvenance
    function anchor(bytes32 root, uint64 count) external {
        if (count == 0 || root == 0) revert NoRecords();
        bytes32 history = _histories[msg.sender];
        uint64 total = uint64(uint256(history)) + count;
        bytes24 head = bytes24(sha256(abi.encodePacked(history, root, count)));
        _histories[msg.sender] = bytes32(head) | bytes32(uint256(total));
        emit Anchored(msg.sender, root, count);
    }

    /// @inheritdoc IProvenance
    function headOf(address publisher) external view returns (bytes24 head, uint64 count) {
        bytes32 history = _histories[publisher];
        return (bytes24(history), uint64(uint256(history)));
    }

    /// @inheritdoc IProvenance
    function verify(bytes32 root, bytes32 leafHash, uint64 index, uint64 size, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return MerkleTree.includes(root, leafHash, index, size, proof);
    }
}
