// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("What a suspension covers")
struct SuspensionTests {
    private static let api = TargetID(application: "api", environment: "staging")
    private static let deployment = ObjectID(group: "apps", kind: "Deployment", namespace: "staging", name: "api")

    private static func suspension(
        _ application: String?, _ environment: String?, _ object: String? = nil
    ) throws -> Suspension {
        let name = try object.map { try #require(Suspension.ObjectName($0)) }
        return Suspension(
            id: 1, scope: .init(application: application, environment: environment, object: name), reason: "why",
            actor: "ada", since: Timestamp(secondsSinceEpoch: 0))
    }

    @Test(
        "An application, an environment, or everything: with all objects",
        arguments: [
            ("api", "staging", true), ("api", nil, true), (nil, "staging", true), (nil, nil, true),
            ("worker", "staging", false), ("api", "production", false), (nil, "production", false),
        ] as [(String?, String?, Bool)])
    func targets(application: String?, environment: String?, covers: Bool) throws {
        let suspension = try Self.suspension(application, environment)
        #expect(suspension.covers(Self.api) == covers)
        #expect(suspension.covers(Self.api, Self.deployment) == covers)
    }

    @Test("A kind is the same in any case, so that what was suspended is resumed by either name")
    func sameName() throws {
        let written = try #require(Suspension.ObjectName("deployment/api"))
        let shown = try #require(Suspension.ObjectName("Deployment/api"))
        #expect(written == shown && Set([written, shown]).count == 1)
        #expect(written != Suspension.ObjectName("Deployment/API"))
        #expect(written != Suspension.ObjectName("Deployment.apps/api"))
    }

    @Test(
        "An object, as people name it, and nothing else of the application",
        arguments: [
            ("Deployment/api", true), ("deployment/api", true), ("Deployment.apps/api", true),
            ("Deployment/staging/api", true), ("Deployment.apps/staging/api", true),
            ("Deployment.example.com/api", false), ("Deployment/elsewhere/api", false), ("Service/api", false),
            ("Deployment/worker", false),
        ])
    func objects(name: String, covers: Bool) throws {
        let suspension = try Self.suspension("api", "staging", name)
        #expect(suspension.covers(Self.api, Self.deployment) == covers)
        #expect(!suspension.covers(Self.api), "the application goes on")
        #expect([suspension].first(covering: Self.api) == nil)
        let elsewhere = TargetID(application: "api", environment: "production")
        #expect(!suspension.covers(elsewhere, Self.deployment))
    }

    @Test(
        "What names no object is none", arguments: ["", "api", "/api", "Deployment/", "a/b/c/d", ".apps/api", "D./api"])
    func malformed(name: String) { #expect(Suspension.ObjectName(name) == nil) }

    @Test("Its words say what, and are read back", arguments: ["Deployment/api", "Deployment.apps/staging/api"])
    func words(name: String) throws {
        #expect(try #require(Suspension.ObjectName(name)).description == name)
        #expect("\(try Self.suspension("api", "staging", name).scope)" == "\(name) of api in staging")
        #expect("\(try Self.suspension(nil, "staging").scope)" == "everything in staging")
    }
}
