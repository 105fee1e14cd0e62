// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IDesigns} from "./IDesigns.sol";
import {IERC5192} from "./IERC5192.sol";

/// @title Passports of finished parts.
/// @notice A passport is a token (ERC-721) whose number is the part's serial, and it points at the head of the part's
/// chain of records. Only the licensee that recorded the part issues it, once, to the design's owner. It stays with its
/// holder (ERC-5192) until that holder unlocks it, as for a sale; whoever receives it may lock it again.
interface IPassports is IERC721, IERC5192 {
    /// @param head Digest of the part's last record.
    event Issued(uint256 indexed tokenId, bytes32 indexed licence, uint32 number, bytes32 head);

    /// @notice Only the licensee issues, and only under a licence that exists.
    error NotLicensee(bytes32 licence, address caller);

    /// @notice A part without records has no passport.
    error NoHead();

    /// @notice One part, one passport.
    error AlreadyIssued(uint256 tokenId);

    /// @notice Only the holder locks and unlocks.
    error NotHolder(uint256 tokenId, address caller);

    /// @notice The holder has not unlocked it.
    error TokenLocked(uint256 tokenId);

    /// @notice Issue the passport of a recorded part.
    function issue(bytes32 licence, uint32 number, bytes32 head) external returns (uint256 tokenId);

    /// @notice Let a passport of the caller's change hands, or not any more.
    function setLocked(uint256 tokenId, bool locked_) external;

    /// @notice The head of the part's chain of records, or zero if it has no passport.
    function headOf(uint256 tokenId) external view returns (bytes32);

    function designs() external view returns (IDesigns);
}
