// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Manifests
internal import Planning
internal import TestSupport
internal import Testing

@testable internal import Mainstay

@Suite("Pictures of the order")
struct OrderPictureTests {
    private static func repository(_ monorepo: Monorepo = Monorepo()) throws -> TemporaryRepository {
        let repository = try TemporaryRepository()
        for (name, text) in monorepo.files.sorted(by: { $0.key < $1.key }) { try repository.write(text, to: name) }
        return repository
    }

    private static func picture(
        _ repository: TemporaryRepository, application: String? = nil
    ) async throws -> (OrderPicture, problems: [String]) {
        let (pictures, problems) = try await GraphCommand.pictures(
            of: LocalRendering(files: try await LocalFiles(repository.path, revision: nil), application: application))
        return (try #require(pictures.first).picture, problems)
    }

    @Test("Text has each wave, and each dependency with its kind and reason")
    func text() async throws {
        let (picture, problems) = try await Self.picture(try Self.repository())
        #expect(problems.isEmpty)
        #expect(
            picture.text == """
                5 objects in 3 waves, 5 dependencies

                1   Service infrastructure/nats      nats in infrastructure
                    Service staging/api              api in staging

                2   StatefulSet infrastructure/nats  nats in infrastructure
                      after Service infrastructure/nats (structural: its governing Service)

                3   Deployment staging/api           api in staging
                      after Service infrastructure/nats (inferred: environment variable NATS_URL leads to Service infrastructure/nats)
                      after StatefulSet infrastructure/nats (inferred: environment variable NATS_URL leads to Service infrastructure/nats)
                    Deployment staging/worker        worker in staging
                      after Service infrastructure/nats (inferred: environment variable NATS_URL leads to Service infrastructure/nats)
                      after StatefulSet infrastructure/nats (inferred: environment variable NATS_URL leads to Service infrastructure/nats)

                """)
    }

    @Test("One application is drawn with what it waits for elsewhere")
    func filtered() async throws {
        let (picture, _) = try await Self.picture(try Self.repository(), application: "worker")
        #expect(
            picture.nodes.map { "\($0.id)" } == [
                "Service infrastructure/nats", "StatefulSet infrastructure/nats", "Deployment staging/worker",
            ])
        #expect(picture.edges.allSatisfy { $0.from.name == "worker" })
    }

    @Test("Declared dependencies and those that were left out are told")
    func dropped() async throws {
        var monorepo = Monorepo()
        monorepo.files["mainstay.yaml"] = Monorepo.pipeline([
            Monorepo.nats, Monorepo.api, "{name: worker, environments: [staging], path: k8s/worker, dependsOn: [api]}",
        ])
        monorepo.files["k8s/api/deployment.yaml"] = Monorepo.deployment(
            "api", image: "a", environment: ["{name: WORKER, value: \"http://worker\"}"])
        monorepo.files["k8s/worker/service.yaml"] = Monorepo.service("worker")
        let (picture, _) = try await Self.picture(try Self.repository(monorepo))
        #expect(picture.edges.contains { $0.kind == .declared && $0.from.name == "worker" && $0.to.name == "api" })
        #expect(picture.text.contains("left out:\n  Deployment staging/api after Service staging/worker (inferred"))
        #expect(picture.dot.contains("style=dotted"))
        #expect(picture.mermaid.contains("-.-x|"))
        #expect(OrderSVG(picture: picture).text.contains("left out: Deployment staging/api after"))
    }

    @Test("A circle that was declared is refused with its path")
    func circle() async throws {
        var monorepo = Monorepo()
        monorepo.files["mainstay.yaml"] = Monorepo.pipeline([
            "{name: api, environments: [staging], path: k8s/api, dependsOn: [worker]}",
            "{name: worker, environments: [staging], path: k8s/worker, dependsOn: [api]}",
        ])
        let repository = try Self.repository(monorepo)
        await #expect { _ = try await Self.picture(repository) } throws: { error in
            "\(error)".contains("api") && "\(error)".contains("worker") && "\(error)".contains("dependsOn")
        }
    }

    @Test("A broken application is named, and the others are drawn")
    func broken() async throws {
        var monorepo = Monorepo()
        monorepo.files["k8s/nats.yaml"] = "kind: [\n"
        let (picture, problems) = try await Self.picture(try Self.repository(monorepo))
        #expect(problems.count == 1 && problems[0].contains("k8s/nats.yaml"))
        #expect(picture.nodes.count == 3)
    }

    @Test("Names cannot leave the place where they are written, in any format")
    func escaping() throws {
        let name = #"a"</text><script>alert(1)</script>|]\#u{1B}&'\"#
        let id = ObjectID(group: "", kind: "ConfigMap", namespace: "staging", name: name)
        let other = ObjectID(group: "", kind: "ConfigMap", namespace: "staging", name: "b")
        let target = TargetID(application: name, environment: "staging")
        let object: Object = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": .string(name), "namespace": "staging",
                "annotations": ["config.kubernetes.io/depends-on": "/namespaces/staging/ConfigMap/b"],
            ],
        ]
        let nodes = [
            object, ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "b", "namespace": "staging"]],
        ]
        .map { OrderNode(target: target, manifest: Manifest(object: $0, origin: Origin(file: "a"))) }
        let picture = OrderPicture(
            try OrderGraph(nodes: nodes, declared: [:]), targets: [id: target, other: target], shown: nil)
        #expect(picture.edges.count == 1)
        let svg = OrderSVG(picture: picture).text
        for text in [svg, picture.text, picture.dot, picture.mermaid] { #expect(!text.contains("\u{1B}")) }
        #expect(!svg.contains("<script"))
        #expect(XMLParserCheck.isWellFormed(svg))
        #expect(!picture.mermaid.contains("<script") && !picture.mermaid.contains("|]"))
        #expect(picture.dot.contains(#"a\"</text>"#))
    }

    @Test("A dependency on what is not there is told in the text, and drawn nowhere")
    func unknownEnd() throws {
        let target = TargetID(application: "api", environment: "staging")
        let object: Object = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                "name": "a", "namespace": "staging",
                "annotations": ["config.kubernetes.io/depends-on": "/namespaces/staging/ConfigMap/gone"],
            ],
        ]
        let node = OrderNode(target: target, manifest: Manifest(object: object, origin: Origin(file: "a")))
        let picture = OrderPicture(
            try OrderGraph(nodes: [node], declared: [:]), targets: [object.objectID: target], shown: nil)
        let told =
            "ConfigMap staging/a after ConfigMap staging/gone (annotation: config.kubernetes.io/depends-on): "
            + "is in no manifest"
        #expect(picture.text.contains("left out:\n  \(told)\n"))
        #expect(!picture.dot.contains("left out") && !picture.mermaid.contains("left out"))
    }

    @Test("An SVG needs nothing from elsewhere, and has a box for every object")
    func selfContained() async throws {
        let (picture, _) = try await Self.picture(try Self.repository())
        let svg = OrderSVG(picture: picture).text
        #expect(XMLParserCheck.isWellFormed(svg))
        #expect(svg.components(separatedBy: "class=\"box\"").count == 6)
        for word in ["href", "url(", "@import", "<script", "<image"] { #expect(!svg.contains(word)) }
        #expect(svg.components(separatedBy: "http").count == 2, "the namespace of SVG alone")
    }

    @Test("Boxes of a column never overlap, and lines that pass between have room")
    func layout() {
        let columns = (0..<40).map { $0 % 5 }
        let edges = (0..<40).flatMap { from in
            (0..<40).filter { columns[$0] > columns[from] && ($0 + from) % 7 == 0 }.map { (from, $0) }
        }
        let layout = LayeredLayout(columns: columns, boxHeight: 30, edges: edges)
        for column in 0..<5 {
            let slots = layout.slots.filter { $0.column == column }.sorted { $0.y < $1.y }
            for (above, below) in zip(slots, slots.dropFirst()) { #expect(above.y + above.height < below.y) }
        }
        #expect(layout.slots.allSatisfy { $0.y >= 0 && $0.y + $0.height <= layout.height + 0.001 })
        for route in layout.routes {
            let passed = route.slots.map { layout.slots[$0].column }
            #expect(passed == Array(columns[edges[route.edge].0]...columns[edges[route.edge].1]))
        }
    }
}

/// Elements that nest, attributes that end, and no ampersand that begins nothing: as much XML as a picture is.
enum XMLParserCheck {
    static func isWellFormed(_ text: String) -> Bool {
        var open: [Substring] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            guard isText(rest[..<start]) else { return false }
            guard let end = rest[start...].firstIndex(of: ">") else { return false }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            guard tag.count(where: { $0 == "\"" }).isMultiple(of: 2), !tag.contains("<") else { return false }
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return false }
            } else if !tag.hasSuffix("/") {
                open.append(tag.prefix { !$0.isWhitespace })
            }
        }
        return open.isEmpty && isText(rest)
    }

    private static func isText(_ text: Substring) -> Bool {
        let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"]
        return text.indices.filter { text[$0] == "&" }.allSatisfy { place in
            entities.contains { text[place...].hasPrefix($0) }
        }
    }
}
