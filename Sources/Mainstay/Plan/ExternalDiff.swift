// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// Shows a plan with the program that `KUBECTL_EXTERNAL_DIFF` names, as `kubectl diff` would: it is given two folders,
/// and its exit status says whether they differ.
///
/// The folders are for nobody else to read, and gone afterwards; secrets are hashes in them. No shell is asked.
struct ExternalDiff {
    static let variable = "KUBECTL_EXTERNAL_DIFF"

    let program: String
    let arguments: [String]

    /// Nil where the variable is not set.
    ///
    /// - Throws: `LocalProblem` where it names no program.
    init?(environment: [String: String]) throws {
        let words = (environment[Self.variable] ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        guard let name = words.first else { return nil }
        guard let program = Self.find(name, path: environment["PATH"] ?? "") else {
            throw LocalProblem("\(Self.variable): there is no program \(name); install it, or correct the variable")
        }
        self.program = program
        // As kubectl has it: words of letters, digits, dashes and equals signs alone.
        arguments = words.dropFirst().filter { word in
            word.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x3D: true
                default: false
                }
            }
        }
    }

    /// A name without a slash is looked for in the first 64 absolute folders of `PATH`.
    private static func find(_ name: String, path: String) -> String? {
        guard !name.contains("/") else { return access(name, X_OK) == 0 ? name : nil }
        return path.split(separator: ":").prefix(64).lazy.filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
            .first { access($0, X_OK) == 0 && !isDirectory($0) }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    /// Runs it; answers its exit status.
    func run(_ documents: PlanDocuments) throws -> Int32 {
        let parent = FileManager.default.temporaryDirectory.path
        var template = Array("\(parent)/mainstay-diff-XXXXXX".utf8CString)
        // mkdtemp(3) makes it for its owner alone.
        guard let made = mkdtemp(&template) else {
            throw LocalProblem("cannot make a temporary folder: \(String(cString: strerror(errno)))")
        }
        let folder = String(cString: made)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for side in ["LIVE", "MERGED"] {
            guard mkdir("\(folder)/\(side)", 0o700) == 0 else {
                throw LocalProblem("\(folder)/\(side): \(String(cString: strerror(errno)))")
            }
        }
        for document in documents.documents {
            // Names of objects have no slash (RFC 1123, and path segment names).
            let name = document.name.replacing("/", with: "_")
            if !document.old.isEmpty { try write(document.old, to: "\(folder)/LIVE/\(name)") }
            if !document.new.isEmpty { try write(document.new, to: "\(folder)/MERGED/\(name)") }
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments + ["\(folder)/LIVE", "\(folder)/MERGED"]
        do {
            try process.run()
        } catch {
            throw LocalProblem("\(Self.variable): \(program) cannot be started")
        }
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : 2
    }

    private func write(_ text: String, to path: String) throws {
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw LocalProblem("\(path): cannot be written") }
    }
}
