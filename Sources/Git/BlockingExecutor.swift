// SPDX-License-Identifier: Apache-2.0

@preconcurrency import Dispatch
import Glibc
import Synchronization

/// Runs an actor's jobs one after another on a thread of its own, where blocking is allowed.
///
/// libgit2 blocks, and keeps its last error per thread: both ask for one thread per user. The thread ends with the
/// executor.
final class BlockingExecutor: SerialExecutor {
    private let queue = JobQueue()

    /// - Parameter subject: who needs the thread, for the error.
    init(for subject: String) throws(GitError) {
        let queue = self.queue
        do {
            try startThread { queue.run() }
        } catch {
            throw GitError(.other, subject, "no thread could be started: \(error.message)")
        }
    }

    deinit { queue.stop() }

    func enqueue(_ job: consuming ExecutorJob) { queue.add(UnownedJob(job), for: self) }

    func checkIsolated() { precondition(queue.isCurrentThread, "not on the thread of this git mirror") }

    func isIsolatingCurrentContext() -> Bool? { queue.isCurrentThread }
}

/// What the thread holds; it does not hold the executor, but for the time of a job.
private final class JobQueue: Sendable {
    private struct State {
        var jobs: [(job: UnownedJob, executor: BlockingExecutor)] = []
        var thread: pthread_t?
        var isStopped = false
    }

    private let state = Mutex(State())
    private let added = DispatchSemaphore(value: 0)

    var isCurrentThread: Bool {
        state.withLock { state in state.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    func add(_ job: UnownedJob, for executor: BlockingExecutor) {
        state.withLock { $0.jobs.append((job, executor)) }
        added.signal()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        added.signal()
    }

    func run() {
        state.withLock { $0.thread = pthread_self() }
        while runNext() {}
    }

    /// False once the executor is gone. A job holds the executor, so none is left then.
    private func runNext() -> Bool {
        added.wait()
        let next = state.withLock { state in state.jobs.isEmpty ? nil : state.jobs.removeFirst() }
        guard let next else { return !state.withLock { $0.isStopped } }
        next.job.runSynchronously(on: next.executor.asUnownedSerialExecutor())
        return true
    }
}

/// Starts a thread that nobody joins.
func startThread(_ body: @escaping @Sendable () -> Void) throws(Socket.Failure) {
    var thread: pthread_t = 0
    let payload = Unmanaged.passRetained(ThreadBody(body))
    let code = pthread_create(&thread, nil, runThread, payload.toOpaque())
    guard code == 0 else {
        payload.release()
        errno = code
        throw Socket.Failure("thread")
    }
    pthread_detach(thread)
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private let runThread: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { payload in
    guard let payload else { return nil }
    Unmanaged<ThreadBody>.fromOpaque(payload).takeRetainedValue().run()
    return nil
}
