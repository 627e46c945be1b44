// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("Strict decoding")
struct StrictDecoderTests {
    private enum Level: String, StrictChoice {
        case debug, info, warning

        static let placeholder = Level.info
    }

    private struct Server: Equatable {
        var name: String
        var port: Int
        var level: Level
        var wait: Duration?
        var tags: [String]
        var host: String?
        var paths: [String]
    }

    private func decode(_ text: String) throws(StrictErrors) -> Server {
        try StrictDecoder.decode(Array(text.utf8), file: "s.yaml") { fields in
            fields.header(apiVersion: "example.com/v1", kind: "Server")
            return Server(
                name: fields.required("name"),
                port: fields.optional("port") ?? 8080,
                level: fields.optional("level") ?? .info,
                wait: fields.optional("wait"),
                tags: fields.optional("tags") ?? [],
                host: fields.map("listen") { $0.required("host") },
                paths: fields.maps("routes") { $0.required("path") })
        }
    }

    private func problems(_ text: String) -> String {
        do throws(StrictErrors) {
            return "accepted: \(try decode(text))"
        } catch {
            return error.description
        }
    }

    @Test("fields are read by their declarations, with defaults for what is left out")
    func reading() throws {
        let header = "apiVersion: example.com/v1\nkind: Server\n"
        #expect(
            try decode(header + "name: a\nport:\n")
                == Server(name: "a", port: 8080, level: .info, wait: nil, tags: [], host: nil, paths: []))
        #expect(
            try decode(
                header
                    + "name: a\nport: 1\nlevel: debug\nwait: 1m\ntags: [x]\nlisten: {host: h}\nroutes: [{path: /}, {path: /b}]"
            )
                == Server(
                    name: "a", port: 1, level: .debug, wait: .seconds(60), tags: ["x"], host: "h", paths: ["/", "/b"]))
    }

    @Test("every problem is told at once, in the file's order")
    func everything() {
        let text = """
            apiVersion: example.com/v2
            kind: Server
            prot: 80
            port: "80"
            level: warn
            wait: 10
            tags: [a, true, {}]
            listen: {hots: x}
            routes:
            - path: /
              extra: 1
            - [x]
            zzz: 1
            """
        #expect(
            problems(text) == """
                s.yaml:1:1: "name" is missing
                s.yaml:1:13: apiVersion: must be example.com/v1, not "example.com/v2"
                s.yaml:3:1: unknown field "prot"
                s.yaml:4:7: port: must be a whole number, not "80"
                s.yaml:5:8: level: must be debug, info or warning, not "warn"
                s.yaml:6:7: wait: must be a duration such as 30s, 10m or 24h, not a number (quotes make it text)
                s.yaml:7:11: tags[1]: must be a string, not a boolean (quotes make it text)
                s.yaml:7:17: tags[2]: must be a string, not a map
                s.yaml:8:9: listen: "host" is missing
                s.yaml:8:10: listen: unknown field "hots"; did you mean "host"?
                s.yaml:11:3: routes[0]: unknown field "extra"
                s.yaml:12:3: routes[1]: must be a map, not a list
                s.yaml:13:1: unknown field "zzz"
                """)
    }

    @Test(
        "a file that is no such file is one problem",
        arguments: [
            ("", "s.yaml:1:1: the file is empty"), ("[1]", "s.yaml:1:1: must be a map, not a list"),
            ("a: 1\na: 2", "s.yaml:2:1: the key \"a\" stands twice in one map"),
            (
                "{apiVersion: example.com/v1, kind: Server, name: a}\n---\n{}",
                "s.yaml:3:1: the file must hold one document, and this is a further one"
            ),
        ])
    func wholeFile(text: String, message: String) {
        #expect(problems(text) == message)
    }

    @Test("keys in another case and unknown fields are overlooked only where that is asked for")
    func leniency() throws {
        let documents = try YAML.documents(Array("Name: a\nNAME: b\nother: c\nlist: [{Name: d}]".utf8), file: "s.yaml")
        var overlooked: [String] = []
        func names(_ leniency: StrictLeniency) throws(StrictErrors) -> [String] {
            overlooked = []
            return try StrictDecoder.decode(
                documents, file: "s.yaml", leniency: leniency, overlooked: { overlooked.append($0.description) }
            ) { fields in
                [fields.optional("name") ?? ""] + fields.maps("list") { $0.optional("name") ?? "" }
            }
        }
        #expect(try names([.otherCase, .unknownFields]) == ["a", "d"])
        #expect(overlooked == [#"s.yaml:3:1: unknown field "other""#])
        #expect(try names(.unknownFields) == ["", ""])
        #expect(
            overlooked.last == #"s.yaml:4:9: list[0]: unknown field "Name"; did you mean "name"?"#
                && overlooked.count == 4)
        #expect(throws: StrictErrors.self) { try names(.otherCase) }
        #expect(throws: StrictErrors.self) { try names(.none) }
    }

    @Test("suggestions are near, and only near, words")
    func suggestions() {
        let words = ["environments", "environment", "applications", "path"]
        #expect(Suggestion.closest(to: "enviroments", among: words) == "environments")
        #expect(Suggestion.closest(to: "Path", among: words) == "path")
        #expect(Suggestion.closest(to: "paht", among: words) == "path")
        #expect(Suggestion.closest(to: "math", among: words) == "path")
        #expect(Suggestion.closest(to: "mast", among: words) == nil)
        #expect(Suggestion.closest(to: "", among: words) == nil)
    }
}
