// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One thread and its own time: runs every task of a test, or of a simulation, in turn, and lets time pass only when none
/// has anything to do. A day takes as long as its work, and the same work takes the same course twice.
///
/// What is started inside `run` and stays structured runs here (SE-0417); so do actors without an executor of
/// their own.
package final class VirtualTime: TaskExecutor, Sendable {
    private struct Timer {
        var deadline: Duration
        var number: Int
        var action: @Sendable () -> Void
    }

    private struct State {
        var now = Duration.zero
        var jobs: [UnownedJob] = []
        /// Sorted, the next one last.
        var timers: [Timer] = []
        var nextNumber = 0
        /// Ended before they were added.
        var ended: Set<Int> = []
    }

    package enum Failure: Error {
        /// Nothing has anything to do, and nothing ever will.
        case everythingWaits
        /// Work goes on and on while no time passes.
        case timeStandsStill
    }

    private let state = Mutex(State())
    private let jobLimit: Int

    package convenience init() { self.init(jobLimit: 1_000_000) }

    /// - Parameter jobLimit: what may run at one moment before it counts as going on and on.
    package init(jobLimit: Int) { self.jobLimit = jobLimit }

    package var now: Duration { state.withLock(\.now) }

    package var clock: VirtualClock { VirtualClock(time: self) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
    }

    /// Runs the body, and all it starts, to the body's end.
    package func run<Answer: Sendable>(_ body: @escaping @Sendable () async throws -> Answer) throws -> Answer {
        try finish(begin(body))
    }

    /// What was begun here, with the task-local values of whoever began it, and is to be finished on some thread.
    package final class Begun<Answer: Sendable>: Sendable {
        fileprivate let answer = Mutex<Result<Answer, any Error>?>(nil)
        fileprivate let task = Mutex<Task<Void, Never>?>(nil)
    }

    /// Nothing of the body runs before `finish`.
    package func begin<Answer: Sendable>(_ body: @escaping @Sendable () async throws -> Answer) -> Begun<Answer> {
        let begun = Begun<Answer>()
        let task = Task(executorPreference: self) {
            let result: Result<Answer, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            begun.answer.withLock { $0 = result }
        }
        begun.task.withLock { $0 = task }
        return begun
    }

    /// Runs what was begun to its end, on the thread that calls.
    package func finish<Answer: Sendable>(_ begun: Begun<Answer>) throws -> Answer {
        defer { begun.task.withLock { $0?.cancel() } }
        var jobsAtThisMoment = 0
        while true {
            let jobs = state.withLock { state in
                defer { state.jobs.removeAll(keepingCapacity: true) }
                return state.jobs
            }
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            if let result = begun.answer.withLock({ $0 }) { return try result.get() }
            jobsAtThisMoment += jobs.count
            guard jobsAtThisMoment < jobLimit else { throw Failure.timeStandsStill }
            guard jobs.isEmpty else { continue }
            guard let timer = nextTimer() else { throw Failure.everythingWaits }
            jobsAtThisMoment = 0
            timer.action()
        }
    }

    /// Calls back after a while, unless ended before.
    @discardableResult
    package func after(_ delay: Duration, _ action: @escaping @Sendable () -> Void) -> Int {
        let number = makeNumber()
        add(Timer(deadline: now + delay, number: number, action: action))
        return number
    }

    fileprivate func makeNumber() -> Int {
        state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
    }

    fileprivate func add(deadline: Duration, number: Int, action: @escaping @Sendable () -> Void) {
        add(Timer(deadline: deadline, number: number, action: action))
    }

    /// Calls a timer's action at once, and never again; one that is not there yet is called when it is added.
    fileprivate func end(_ number: Int) {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard let place = state.timers.firstIndex(where: { $0.number == number }) else {
                state.ended.insert(number)
                return nil
            }
            return state.timers.remove(at: place).action
        }
        action?()
    }

    private func add(_ timer: Timer) {
        let isEnded = state.withLock { state in
            if state.ended.remove(timer.number) != nil || timer.deadline <= state.now { return true }
            let place =
                state.timers.firstIndex { ($0.deadline, $0.number) < (timer.deadline, timer.number) }
                ?? state.timers.endIndex
            state.timers.insert(timer, at: place)
            return false
        }
        if isEnded { timer.action() }
    }

    private func nextTimer() -> Timer? {
        state.withLock { state in
            guard let timer = state.timers.popLast() else { return nil }
            state.now = max(state.now, timer.deadline)
            return timer
        }
    }
}

/// The clock of a `VirtualTime`.
package struct VirtualClock: Clock {
    package struct Instant: InstantProtocol {
        package var offset: Duration

        package func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Duration { other.offset - offset }
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    let time: VirtualTime

    package var now: Instant { Instant(offset: time.now) }
    package var minimumResolution: Duration { .zero }

    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        let number = time.makeNumber()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                time.add(deadline: deadline.offset, number: number) { continuation.resume() }
            }
        } onCancel: {
            time.end(number)
        }
        try Task.checkCancellation()
    }
}
