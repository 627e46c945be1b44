// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// A folder of its own, removed at the end of its life.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.path + "/mainstay-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, with the folders it needs, and returns its path.
    @discardableResult
    package func write(_ text: String, to name: String, permissions: Int = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: file)
        return file
    }
}

/// A git repository with a work tree, worked on with the `git` binary. Who commits and when is fixed, so that the same
/// steps make the same commits.
package final class TemporaryRepository {
    package let directory: TemporaryDirectory
    private var clock = 1_700_000_000

    package var path: String { directory.path }
    package var url: String { "file://\(path)" }

    package init(branch: String = "main") throws {
        directory = try TemporaryDirectory()
        try git("init", "--quiet", "--initial-branch", branch)
    }

    package func write(_ text: String, to name: String) throws { try directory.write(text, to: name) }

    package func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
    }

    package func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    /// Commits everything in the work tree, a minute after the commit before; returns the new commit's id.
    @discardableResult
    package func commit(_ message: String) throws -> String {
        try git("add", "--all")
        try git("commit", "--quiet", "--allow-empty", "--message", message)
        return try head()
    }

    /// Writes one file and commits it.
    @discardableResult
    package func commit(_ name: String, _ text: String, message: String = "Change") throws -> String {
        try write(text, to: name)
        return try commit(message)
    }

    package func head(_ name: String = "HEAD") throws -> String { try git("rev-parse", name) }

    /// Makes a branch at where we are, and goes there.
    package func branch(_ name: String) throws { try git("checkout", "--quiet", "-b", name) }

    package func checkout(_ name: String) throws { try git("checkout", "--quiet", name) }

    @discardableResult
    package func git(_ arguments: String...) throws -> String {
        clock += 60
        let result = try Command.run(
            "git", ["-C", path] + arguments, environment: Command.gitEnvironment(date: "\(clock) +0000"))
        guard result.status == 0 else { throw Command.Failure(arguments: arguments, text: result.text) }
        return result.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// Runs programs in tests.
package enum Command {
    package struct Failure: Error {
        package var arguments: [String]
        package var text: String

        package init(arguments: [String], text: String) {
            self.arguments = arguments
            self.text = text
        }
    }

    package struct Result: Sendable {
        package var status: Int32
        package var output: Data
        package var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// Independent of the machine's git configuration.
    package static func gitEnvironment(date: String = "1700000000 +0000") -> [String: String] {
        [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": "/nonexistent",
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com", "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com", "GIT_COMMITTER_DATE": date,
        ]
    }

    /// Blocks until the program ends. Its output is what it wrote to standard output, or to standard error where it
    /// failed.
    package static func run(
        _ program: String, _ arguments: [String], environment: [String: String], input: Data = Data()
    ) throws -> Result {
        let folder = try TemporaryDirectory()
        try input.write(to: URL(fileURLWithPath: folder.path + "/input"))
        let child = try Child(
            program, arguments, environment: environment, input: folder.path + "/input",
            output: folder.path + "/output", errors: folder.path + "/errors")
        let status = child.wait()
        let name = status == 0 ? "output" : "errors"
        return Result(status: status, output: try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)")))
    }
}

/// A child process, with files for its standard streams.
///
/// Foundation's Process is not used: it learns of a child's end by a socket that other children inherit, and so waits
/// for a server that was started meanwhile.
package struct Child: Sendable {
    let id: pid_t

    package init(
        _ program: String, _ arguments: [String], environment: [String: String], input: String = "/dev/null",
        output: String = "/dev/null", errors: String = "/dev/null"
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let argv = ([program] + arguments).map { strdup($0) }
        let envp = environment.map { strdup("\($0)=\($1)") }
        defer { (argv + envp).forEach { free($0) } }
        var id: pid_t = 0
        let code = posix_spawnp(&id, program, &actions, nil, argv + [nil], envp + [nil])
        guard code == 0 else {
            throw Command.Failure(arguments: [program] + arguments, text: String(cString: strerror(code)))
        }
        self.id = id
    }

    /// The exit status; negative where a signal ended it. Call once.
    @discardableResult
    package func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
    }

    package func terminate() {
        kill(id, SIGTERM)
        wait()
    }
}
