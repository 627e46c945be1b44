// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// A program run to its end: how long it took and how much memory it had at most.
struct MeasuredProcess {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    var duration: Duration
    /// As `getrusage(2)` counts it: resident, at most.
    var peakMegabytes: Int

    /// The quickest of several runs, with its output thrown away.
    static func best(
        of runs: Int, _ program: String, _ arguments: [String], accepting code: Int32 = 0
    ) throws -> MeasuredProcess {
        var best: MeasuredProcess?
        for _ in 0..<runs {
            let run = try run(program, arguments, accepting: code)
            if best.map({ run.duration < $0.duration }) ?? true { best = run }
        }
        guard let best else { throw Failure(description: "no runs of \(program)") }
        return best
    }

    private static func run(
        _ program: String, _ arguments: [String], accepting accepted: Int32
    ) throws -> MeasuredProcess {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        let argv = ([program] + arguments).map { strdup($0) }
        let envp = ProcessInfo.processInfo.environment.map { strdup("\($0)=\($1)") }
        defer { (argv + envp).forEach { free($0) } }
        let begun = ContinuousClock.now
        var id: pid_t = 0
        let code = posix_spawnp(&id, program, &actions, nil, argv + [nil], envp + [nil])
        guard code == 0 else { throw Failure(description: "\(program): \(String(cString: strerror(code)))") }
        var status: Int32 = 0
        var usage = rusage()
        while wait4(id, &status, 0, &usage) < 0, errno == EINTR {}
        let duration = ContinuousClock.now - begun
        guard status == accepted << 8 else {
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")): status \(status)")
        }
        return MeasuredProcess(duration: duration, peakMegabytes: usage.ru_maxrss / 1024)
    }
}
