// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMembers} from "./interfaces/IMembers.sol";

/// @title Which account speaks for which peer, and in which roles.
contract Members is IMembers {
    struct Member {
        bytes32 peer;
        bytes32 encryptionKey;
        uint8 roles;
        uint64 epoch;
    }

    uint8 private constant ALL_ROLES = 15;

    mapping(address account => Member) private _members;

    /// @inheritdoc IMembers
    mapping(bytes32 peer => address account) public accountOf;

    /// @inheritdoc IMembers
    function register(uint8 roles, bytes32 peer, bytes32 encryptionKey) external {
        if (roles > ALL_ROLES) revert UnknownRoles(roles);
        if (peer == 0) revert ZeroPeer();
        address holder = accountOf[peer];
        if (holder != address(0) && holder != msg.sender) revert PeerTaken(peer, holder);

        Member storage member = _members[msg.sender];
        delete accountOf[member.peer];
        accountOf[peer] = msg.sender;
        uint64 epoch = member.epoch + 1;
        _members[msg.sender] = Member(peer, encryptionKey, roles, epoch);
        emit Registered(msg.sender, peer, encryptionKey, roles, epoch);
    }

    /// @inheritdoc IMembers
    function memberOf(address account)
        external
        view
        returns (bytes32 peer, bytes32 encryptionKey, uint8 roles, uint64 epoch)
    {
        Member storage member = _members[account];
        return (member.peer, member.encryptionKey, member.roles, member.epoch);
    }
}
