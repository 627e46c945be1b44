// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@testable import Sandbox

@Suite("Bodies in protobuf")
struct ProtobufTests {
    private static let registry = ResourceRegistry()

    private func decode(_ body: [UInt8], at path: String) throws(StatusError) -> Value {
        guard let route = Route(RequestTarget(path).segments, registry: Self.registry) else {
            throw .badRequest("no route for \(path)")
        }
        let request = SandboxRequest(
            method: "POST", path: path, headers: [(name: "Content-Type", value: ProtobufBody.mediaType)], body: body)
        let answer = try ProtobufBody.asJSON(request, route)
        return (try? JSON.parse(answer.body)) ?? .null
    }

    private func path(of object: Value) throws -> String {
        let kind = GroupVersionKind(
            apiVersion: try #require(object["apiVersion"]?.string), kind: try #require(object["kind"]?.string))
        let type = try #require(Self.registry.resource(for: kind))
        let root = type.group.isEmpty ? "/api/\(type.version)" : "/apis/\(type.apiVersion)"
        return type.namespaced ? "\(root)/namespaces/default/\(type.plural)" : "\(root)/\(type.plural)"
    }

    @Test("Are read as the JSON that kubectl prints of the same object", arguments: Recording.all)
    func recorded(recording: Recording) throws {
        let expected = try JSON.parse(Array(recording.json.utf8))
        let body = try #require(Base64.decode(recording.base64))
        #expect(try decode(body, at: try path(of: expected)) == expected)
    }

    @Test("Cut off anywhere or with any byte changed are read or refused with 400, and never end the server")
    func damaged() throws {
        let recording = try #require(Recording.all.first)
        let body = try #require(Base64.decode(recording.base64))
        let path = "/apis/apps/v1/namespaces/default/deployments"
        var refused = 0
        for length in 0..<body.count where length > 0 {
            do { _ = try decode(Array(body.prefix(length)), at: path) } catch {
                #expect(error.code == 400)
                refused += 1
            }
        }
        #expect(refused > 20)
        for index in body.indices {
            for change: UInt8 in [0x01, 0x80, 0xFF] {
                var other = body
                other[index] ^= change
                do { _ = try decode(other, at: path) } catch { #expect(error.code == 400) }
            }
        }
    }

    @Test("Are refused in the server's words")
    func refusals() throws {
        let path = "/api/v1/namespaces/default/configmaps"
        func message(_ body: [UInt8]) -> String {
            do {
                return "read: \(try decode(body, at: path))"
            } catch { return error.message }
        }
        #expect(
            message(Array("{}".utf8))
                == "the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to "
                + "be a protobuf message, expected prefix [107 56 115 0] (7b7d)")
        #expect(
            message([0x6B, 0x38, 0x73, 0x00])
                == "the object provided is unrecognized (must be of type ConfigMap): empty body (6b387300)")
        let meta: [UInt8] = [0x0A, 0x0F, 0x0A, 0x02, 0x76, 0x31, 0x12, 0x09] + Array("ConfigMap".utf8)
        // `metadata` as a number.
        #expect(
            message([0x6B, 0x38, 0x73, 0x00] + meta + [0x12, 0x02, 0x08, 0x01])
                == "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: proto: wrong wireType = 0 for field "
                + "Metadata")
        // Longer than the body.
        #expect(
            message([0x6B, 0x38, 0x73, 0x00] + meta + [0x12, 0x02, 0x0A, 0x7F])
                == "ConfigMap in version \"v1\" cannot be handled as a ConfigMap: unexpected EOF")
    }

    @Test("Hold times, quantities, maps of lists and embedded JSON in forms of their own")
    func wellKnown() throws {
        func text(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
        var decoder = ProtobufDecoder()
        // 2026-11-21T10:08:00Z and 250 ms.
        let time: [UInt8] = [0x08, 0x80, 0xDB, 0x85, 0xD8, 0x06, 0x10, 0x80, 0xE5, 0x9A, 0x77]
        let spec = try decoder.object(text(4, time)[...], type: "coordination.v1.LeaseSpec")
        #expect(spec["renewTime"] == "2026-11-21T10:08:00.250000Z")

        let extra = text(1, Array("scopes".utf8)) + text(2, text(1, [0x61]) + text(1, [0x62]))
        let user = try decoder.object(text(4, extra)[...], type: "authentication.v1.UserInfo")
        #expect(user["extra"] == ["scopes": ["a", "b"]])

        let fields = text(7, text(1, Array(#"{"f:data":{}}"#.utf8)))
        let entry = try decoder.object(fields[...], type: "meta.v1.ManagedFieldsEntry")
        #expect(entry["fieldsV1"] == ["f:data": [:]])

        // A target port that is 0 by type and number, and one that is a name.
        let port = try decoder.object(text(4, [0x08, 0x01, 0x1A, 0x01, 0x78])[...], type: "core.v1.ServicePort")
        #expect(port == ["port": 0, "targetPort": "x"])
        #expect(throws: ProtobufError.self) {
            try decoder.object(
                text(8, [0x08] + [UInt8](repeating: 0xFF, count: 8) + [0x7F])[...], type: "meta.v1.ObjectMeta")
        }
    }

    @Test("Cannot be made to stand for more than a bounded number of values")
    func bounded() {
        // Each two bytes are an empty container, which is written with its empty name and resources.
        let body = [UInt8]((0..<1000).flatMap { _ in [0x12, 0x00] as [UInt8] })
        var decoder = ProtobufDecoder(valueLimit: 1500)
        #expect(throws: ProtobufError(message: "too many values")) {
            try decoder.object(body[...], type: "core.v1.PodSpec")
        }
    }

    @Test("Every field of every kind that a client may send has a number, and no number is given twice")
    func complete() throws {
        let table = TypeTable.builtIn
        var seen: Set<String> = []
        var queue =
            Self.registry.all.flatMap { type in
                [type.groupVersionKind]
                    + type.subresources.compactMap { subresource in
                        Discovery.foreignGroup(subresource.kind).map {
                            GroupVersionKind(group: $0.0, version: $0.1, kind: subresource.kind)
                        }
                    }
            }.compactMap { table.type(for: $0)?.name } + ["meta.v1.DeleteOptions"]
        // Nobody's typed client sends these in protobuf; a server's own status is nothing that a client sends.
        queue.removeAll { $0.hasPrefix("apiextensions.") || $0.hasPrefix("apiregistration.") }
        let unsent: Set<String> = ["resource.v1.Device", "core.v1.NodeAllocatableResourceClaimStatus"]
        while let name = queue.popLast() {
            guard seen.insert(name).inserted, let type = table.type(named: name), !unsent.contains(name) else {
                continue
            }
            let numbers = numbers(name)
            for field in type.fields where field.name != "apiVersion" || numbers["apiVersion"] != nil {
                if field.name == "kind", type.field("apiVersion") != nil, numbers["kind"] == nil { continue }
                #expect(numbers[field.name] != nil, "\(name).\(field.name)")
                queue += names(field.shape)
            }
            let own = (ProtobufFields.builtIn[name] ?? []).map(\.number)
            #expect(Set(own).count == own.count, "\(name)")
        }
        #expect(seen.count > 350)
    }

    private func numbers(_ message: String) -> [String: Int] {
        var result: [String: Int] = [:]
        for entry in ProtobufFields.builtIn[message] ?? [] {
            switch entry.content {
            case .field(let name, _): result[name] = entry.number
            case .inlined(let message): result.merge(numbers(message)) { first, _ in first }
            }
        }
        return result
    }

    private func names(_ shape: ObjectType.Shape) -> [String] {
        switch shape {
        case .type(let name): [name]
        case .list(let item): names(item)
        case .map(let value): names(value)
        default: []
        }
    }
}
