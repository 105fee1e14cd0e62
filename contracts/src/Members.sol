// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Votes} from "@openzeppelin/contracts/governance/utils/Votes.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {Escrow} from "./Escrow.sol";
import {IMembers} from "./interfaces/IMembers.sol";

/// @title Members, their bonds and their voting power.
contract Members is IMembers, Escrow, Votes {
    using EnumerableSet for EnumerableSet.AddressSet;

    uint8 private constant AUDITOR = 4;
    /// Provider and auditor.
    uint8 private constant BONDED_ROLES = 5;
    uint8 private constant ALL_ROLES = 15;
    uint64 private constant MAX_TERM = 730 days;
    /// A review and a dispute window of the longest that the rules can set, and a day.
    uint64 private constant UNBONDING = 181 days;

    /// @inheritdoc IMembers
    address public immutable court;

    /// @inheritdoc IMembers
    uint64 public immutable minimumBond;

    /// @inheritdoc IMembers
    uint64 public immutable voteCap;

    /// @inheritdoc IMembers
    mapping(bytes32 peer => address account) public accountOf;

    /// @inheritdoc IMembers
    mapping(bytes32 evidence => bool) public punished;

    mapping(address account => Member) private _members;
    EnumerableSet.AddressSet private _auditors;

    constructor(IERC20 token_, address court_, uint64 minimumBond_, uint64 voteCap_)
        Escrow(token_)
        EIP712("Guildmark Members", "1")
    {
        court = court_;
        minimumBond = minimumBond_;
        voteCap = voteCap_;
    }

    /// @inheritdoc IMembers
    function register(uint8 roles, bytes32 peer, bytes32 encryptionKey, uint64 expiry) external {
        if (roles == 0 || roles > ALL_ROLES) revert UnknownRoles(roles);
        if (peer == 0 || encryptionKey == 0) revert ZeroKey();
        if (expiry <= block.timestamp || expiry > block.timestamp + MAX_TERM) revert BadExpiry(expiry);
        address holder = accountOf[peer];
        if (holder != address(0) && holder != msg.sender) revert PeerTaken(peer, holder);
        Member storage member = _members[msg.sender];
        if (member.bond < _required(roles)) revert BondTooLow(member.bond, _required(roles));

        uint256 before = _getVotingUnits(msg.sender);
        if (delegates(msg.sender) == address(0)) _delegate(msg.sender, msg.sender);
        delete accountOf[member.peer];
        accountOf[peer] = msg.sender;
        uint64 epoch = _enter(member, peer, encryptionKey, roles, expiry);
        _recount(msg.sender, before);
        emit Registered(msg.sender, peer, encryptionKey, roles, epoch, expiry);
    }

    /// @inheritdoc IMembers
    function revoke() external {
        Member storage member = _members[msg.sender];
        bytes32 peer = member.peer;
        if (peer == 0) revert NotMember(msg.sender);

        uint256 before = _getVotingUnits(msg.sender);
        delete accountOf[peer];
        uint64 epoch = _enter(member, 0, 0, 0, 0);
        _recount(msg.sender, before);
        emit Revoked(msg.sender, peer, epoch);
    }

    /// @inheritdoc IMembers
    function bond(uint64 amount) external {
        uint256 before = _getVotingUnits(msg.sender);
        uint64 whole = _members[msg.sender].bond += amount;
        _recount(msg.sender, before);
        emit Bonded(msg.sender, amount, whole);
        _lock(amount);
    }

    /// @inheritdoc IMembers
    function unbond(uint64 amount) external {
        Member storage member = _members[msg.sender];
        if (amount == 0 || amount > member.bond) revert BadAmount(amount, member.bond);
        uint64 left = member.bond - amount;
        if (left < _required(member.roles)) revert BondTooLow(left, _required(member.roles));

        uint256 before = _getVotingUnits(msg.sender);
        member.bond = left;
        member.unbonding += amount;
        member.due = uint64(block.timestamp) + UNBONDING;
        _recount(msg.sender, before);
        emit Unbonding(msg.sender, amount, member.due);
    }

    /// @inheritdoc IMembers
    function release() external {
        Member storage member = _members[msg.sender];
        if (block.timestamp < member.due) revert StillBound(member.due);
        uint64 amount = member.unbonding;
        member.unbonding = 0;
        emit Unbonded(msg.sender, amount);
        _release(msg.sender, amount);
    }

    /// @inheritdoc IMembers
    function slash(address account, uint64 amount, bytes32 evidence, address beneficiary) external {
        if (msg.sender != court) revert NotCourt(msg.sender);
        if (punished[evidence]) revert AlreadyPunished(evidence);
        punished[evidence] = true;

        Member storage member = _members[account];
        uint256 before = _getVotingUnits(account);
        uint64 fromBond = _least(amount, member.bond);
        uint64 fromUnbonding = _least(amount - fromBond, member.unbonding);
        member.bond -= fromBond;
        member.unbonding -= fromUnbonding;
        _recount(account, before);
        emit Slashed(account, evidence, beneficiary, fromBond + fromUnbonding);
        _release(beneficiary, fromBond + fromUnbonding);
    }

    /// @inheritdoc IMembers
    function memberOf(address account) external view returns (Member memory) {
        return _members[account];
    }

    /// @inheritdoc IMembers
    function holds(address account, uint8 role) external view returns (bool) {
        Member storage member = _members[account];
        return member.roles & role != 0 && block.timestamp <= member.expiry && member.bond >= _required(member.roles);
    }

    /// @inheritdoc IMembers
    function auditorCount() external view returns (uint256) {
        return _auditors.length();
    }

    /// @inheritdoc IMembers
    function auditorAt(uint256 index) external view returns (address) {
        return _auditors.at(index);
    }

    /// @notice ERC-6372: voting power is looked up by Unix seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice ERC-6372.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function _getVotingUnits(address account) internal view override returns (uint256) {
        Member storage member = _members[account];
        return member.peer == 0 ? 0 : _least(member.bond, voteCap);
    }

    function _enter(Member storage member, bytes32 peer, bytes32 encryptionKey, uint8 roles, uint64 expiry)
        private
        returns (uint64 epoch)
    {
        epoch = member.epoch + 1;
        member.peer = peer;
        member.encryptionKey = encryptionKey;
        member.roles = roles;
        member.epoch = epoch;
        member.expiry = expiry;
        if (roles & AUDITOR != 0) _auditors.add(msg.sender);
        else _auditors.remove(msg.sender);
    }

    /// Let the checkpoints follow what `account` is worth now, `before` being what it was worth.
    function _recount(address account, uint256 before) private {
        uint256 units = _getVotingUnits(account);
        if (units > before) _transferVotingUnits(address(0), account, units - before);
        if (units < before) _transferVotingUnits(account, address(0), before - units);
    }

    function _required(uint8 roles) private view returns (uint64) {
        return roles & BONDED_ROLES == 0 ? 0 : minimumBond;
    }

    function _least(uint64 one, uint64 other) private pure returns (uint64) {
        return one < other ? one : other;
    }
}
