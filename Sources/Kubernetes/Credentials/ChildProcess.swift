// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// One run of a program, from its start to the end of its output (posix_spawn(3), poll(2)).
///
/// Not Foundation's `Process`: its end-of-output notice does not always come on Linux.
final class ChildProcess: Sendable {
    enum Outcome: Sendable {
        case output([UInt8])
        case notStarted
        case failed(Int32)
        case tooMuch
        case late
        case stopped
    }

    private struct State {
        /// The group leader while it runs; a stop must not reach a number that was given to somebody else.
        var running: pid_t?
        var isStopped = false
    }

    private let path: String
    private let arguments: [String]
    private let environment: [String]
    private let limit: Int
    private let deadline: Duration
    private let state = Mutex(State())

    init(path: String, arguments: [String], environment: [String], limit: Int, deadline: Duration) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.limit = limit
        self.deadline = deadline
    }

    static func executable(_ command: String, searchPath: String?) -> String? {
        let directories = (searchPath ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        let candidates = command.contains("/") ? [command] : directories.map { "\($0)/\(command)" }
        return candidates.first { access($0, X_OK) == 0 }
    }

    /// Kills the program with all it started. `run` then returns `stopped`.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            if let pid = state.running { kill(-pid, SIGKILL) }
        }
    }

    /// Blocks its thread until the program has ended.
    func run() -> Outcome {
        var ends: [Int32] = [0, 0]
        // A socket pair and no pipe: it is made with CLOEXEC in one step, so no other child can hold our end open.
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return .notStarted }
        defer { close(ends[0]) }
        // Under the lock, so that a stop comes either before and is seen, or after and finds a process.
        let started = state.withLock { state -> pid_t? in
            guard !state.isStopped else { return nil }
            state.running = spawn(output: ends[1])
            return state.running
        }
        close(ends[1])
        guard let pid = started else { return state.withLock { $0.isStopped } ? .stopped : .notStarted }
        let (bytes, failure) = read(ends[0])
        if failure != nil { kill(-pid, SIGKILL) }
        let status = end(of: pid)
        if state.withLock({ $0.isStopped }) { return .stopped }
        if let failure { return failure }
        return status == 0 ? .output(bytes) : .failed(status)
    }

    private func spawn(output: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        return posix_spawn(&pid, path, &actions, &attributes, argv, envp) == 0 ? pid : nil
    }

    private func read(_ descriptor: Int32) -> ([UInt8], Outcome?) {
        let clock = ContinuousClock()
        let end = clock.now + deadline
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let left = clock.now.duration(to: end)
            guard left > .zero else { return ([], .late) }
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&watched, 1, Int32(clamping: milliseconds + 1))
            if ready == 0 || ready < 0 && errno == EINTR { continue }
            let count = ready < 0 ? -1 : Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                return ([], .stopped)
            }
            if count == 0 { return (bytes, nil) }
            bytes += buffer[..<count]
            if bytes.count > limit { return ([], .tooMuch) }
        }
    }

    /// The exit status; -1 for an end by signal. A program that closed its output and runs on is ended.
    private func end(of pid: pid_t) -> Int32 {
        var status: Int32 = 0
        for _ in 0..<200 {
            let ended = state.withLock { state -> pid_t in
                let ended = waitpid(pid, &status, WNOHANG)
                if ended != 0 { state.running = nil }
                return ended
            }
            if ended == pid { return status & 0x7F == 0 ? (status >> 8) & 0xFF : -1 }
            if ended < 0 { return -1 }
            usleep(10_000)
        }
        kill(-pid, SIGKILL)
        waitpid(pid, &status, 0)
        state.withLock { $0.running = nil }
        return -1
    }
}
