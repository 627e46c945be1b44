// SPDX-License-Identifier: Apache-2.0

internal import Kubernetes
internal import Manifests
internal import Planning
internal import Reconciler

/// Reads credentials of receivers, anew at each use.
struct CredentialReader: Sendable {
    private static let limit = 64 << 10

    struct Failure: Error {
        /// Names where, and nothing of what.
        var message: String
    }

    let files: FileReader
    let cluster: any Cluster

    /// One line of text: what stands around it, as a file's last line end, is left out.
    func read(_ credential: Configuration.Credential) async throws(Failure) -> String {
        let text: String
        let place: String
        switch credential {
        case .value(let value): return value
        case .file(let path):
            place = path
            do throws(FileReader.Failure) {
                text = String(decoding: try files.read(path, Self.limit), as: UTF8.self)
            } catch {
                throw Failure(message: "\(path) cannot be read: \(error.description)")
            }
        case .secret(let namespace, let name, let key):
            place = "the key \(key) of the Secret \(namespace)/\(name)"
            text = try await secret(namespace, name, key, place)
        }
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { throw Failure(message: "\(place) is empty") }
        guard trimmed.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Failure(message: "\(place) has more than one line, or control characters")
        }
        return trimmed
    }

    /// PEM.
    func certificates(_ path: String) throws(Failure) -> [UInt8] {
        do throws(FileReader.Failure) {
            return try files.read(path, 1 << 20)
        } catch {
            throw Failure(message: "\(path) cannot be read: \(error.description)")
        }
    }

    private func secret(
        _ namespace: String, _ name: String, _ key: String, _ place: String
    ) async throws(Failure) -> String {
        let object: Object?
        do throws(ClusterFailure) {
            let id = ObjectID(group: "", kind: "Secret", namespace: namespace, name: name)
            object = try await cluster.get(id, version: "v1")
        } catch {
            throw Failure(message: "\(place) cannot be read: \(error.message)")
        }
        guard let object else { throw Failure(message: "\(place) is not there") }
        guard let bytes = object.value(at: "data", key)?.string.flatMap(Base64.decode) else {
            throw Failure(message: "\(place) is not there, or no base64")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = unicodeScalars[...]
        func isBlank(_ scalar: Unicode.Scalar?) -> Bool {
            scalar.map { " \t\r\n".unicodeScalars.contains($0) } ?? false
        }
        while isBlank(text.first) { text.removeFirst() }
        while isBlank(text.last) { text.removeLast() }
        return String(text)
    }
}
