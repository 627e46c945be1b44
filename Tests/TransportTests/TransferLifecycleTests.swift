// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Transport

@Suite struct TransferLifecycleTests {
    enum Event: CaseIterable {
        case begin, cancel, answer, finish
    }

    /// Every order of up to seven events.
    static let histories: [[Event]] = (1...7).reduce(into: [[[Event]]]()) { levels, _ in
        let shorter = levels.last ?? [[]]
        levels.append(shorter.flatMap { history in Event.allCases.map { history + [$0] } })
    }.flatMap { $0 }

    @Test("In every order of events the caller is told at most once, and exactly once when begun and finished")
    func callerIsToldOnce() {
        for history in Self.histories where history.count(where: { $0 == .begin }) <= 1 {
            var lifecycle = TransferLifecycle()
            var told = 0
            var readerEnds = 0
            var isBegun = false
            var isFinishedAfterBegin = false
            for event in history {
                switch event {
                case .begin:
                    isBegun = true
                    if !lifecycle.begin() { told += 1 }
                case .cancel:
                    _ = lifecycle.cancel()
                case .answer:
                    if lifecycle.answer() { told += 1 }
                case .finish:
                    if isBegun { isFinishedAfterBegin = true }
                    switch lifecycle.finish() {
                    case .caller: told += 1
                    case .reader: readerEnds += 1
                    case .nobody: break
                    }
                }
            }
            #expect(told <= 1 && readerEnds <= 1, "\(history)")
            #expect(!isFinishedAfterBegin || told == 1, "\(history)")
            #expect(readerEnds == 0 || told == 1, "\(history)")
        }
    }

    @Test("A cancellation before the beginning is remembered")
    func tombstone() {
        var lifecycle = TransferLifecycle()
        #expect(lifecycle.cancel() == false)
        #expect(lifecycle.begin() == false)
        #expect(lifecycle.finish() == .nobody)
    }

    @Test("A cancellation under way is for the owner thread, one after the end for nobody")
    func cancelReachesOwner() {
        var lifecycle = TransferLifecycle()
        #expect(lifecycle.begin() == true)
        #expect(lifecycle.cancel() == true)
        #expect(lifecycle.answer() == true)
        #expect(lifecycle.cancel() == true)
        #expect(lifecycle.finish() == .reader)
        #expect(lifecycle.cancel() == false)
    }
}
