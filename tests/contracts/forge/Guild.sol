// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Designs} from "src/Designs.sol";
import {Disputes} from "src/Disputes.sol";
import {Members} from "src/Members.sol";
import {Orders} from "src/Orders.sol";
import {Provenance} from "src/Provenance.sol";
import {Rules} from "src/Rules.sol";
import {SettlementToken} from "src/SettlementToken.sol";
import {Treasury} from "src/Treasury.sol";
import {IRules} from "src/interfaces/IRules.sol";
import {VM} from "./Cheats.sol";

/// @title The federation's contracts, deployed by a test; the deployer is the governor.
contract Guild {
    uint64 public constant BOND = 500;
    uint64 public constant SUPPLY = 1e15;

    SettlementToken public immutable token;
    Members public immutable members;
    Treasury public immutable treasury;
    Rules public immutable rules;
    Designs public immutable designs;
    Provenance public immutable provenance;
    Orders public immutable orders;
    Disputes public immutable disputes;

    constructor(IERC20 escrowed) {
        address court = VM.computeCreateAddress(address(this), VM.getNonce(address(this)) + 7);
        token = new SettlementToken(SUPPLY);
        IERC20 money = address(escrowed) == address(0) ? token : escrowed;
        members = new Members(money, court, BOND, 4 * BOND);
        treasury = new Treasury(money, address(this));
        rules = new Rules(address(this), IVotes(address(members)), pack(1));
        designs = new Designs();
        provenance = new Provenance();
        orders = new Orders(money, rules, members, court, address(treasury));
        disputes = new Disputes(money, orders, members);
        assert(address(disputes) == court);
    }

    function pack(uint64 version) public pure returns (IRules.Pack memory) {
        return IRules.Pack({
            version: version,
            feeBps: 150,
            minCommitSeconds: 5,
            minRevealSeconds: 5,
            reviewSeconds: 100,
            disputeSeconds: 400,
            maxBudgetCents: 1_000_000,
            carbonCentsPerTonne: 10_000,
            maxHourCents: 100_000,
            bidBondCents: 0,
            disputeFeeCents: 0,
            noticeSeconds: 0,
            processes: 1,
            premiumBps: 0
        });
    }

    function give(address account, uint256 amount) external {
        token.transfer(account, amount);
    }
}
