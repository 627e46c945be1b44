// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Conditions without the values of Secrets")
struct ConditionRedactionTests {
    private static func certificate(
        _ message: String?, name: String = "web", version: String = "7", status: String = "False"
    ) -> Object {
        var condition: Object = ["type": "Ready", "status": .string(status), "reason": "Failed"]
        condition["message"] = message.map(Value.string)
        return [
            "apiVersion": "cert-manager.io/v1", "kind": "Certificate",
            "metadata": ["name": .string(name), "namespace": "staging", "resourceVersion": .string(version)],
            "spec": ["secretName": "made"], "status": ["conditions": [.object(condition)]],
        ]
    }

    private static func message(_ object: Object?) -> String? {
        object?.value(at: "status", "conditions")?[0]?["message"]?.string
    }

    private static func redaction(_ world: World) -> ConditionRedaction {
        let manifest = Manifest(object: certificate(nil), origin: Origin(file: "a.yaml"))
        return ConditionRedaction(
            ApplicationSecrets(of: [manifest]), cluster: ClusterPort(cluster: world.cluster, life: Life()))
    }

    private static func put(_ value: String, in world: World) {
        world.cluster.put(Planet.secret("made", [("value", Base64.encode(Array(value.utf8)))]))
    }

    private static func reads(_ world: World) -> Int { world.cluster.calls.count { $0.object?.kind == "Secret" } }

    @Test("A value is taken out, and the Secrets are read again only where the object changed")
    func remembers() throws {
        try World.run { world in
            Self.put("hunter2", in: world)
            let redaction = Self.redaction(world)
            let object = Self.certificate("refused hunter2")
            for _ in 0..<3 {
                let clean = await redaction.redacted(object, now: world.clock)
                #expect(Self.message(clean) == "refused [secret]")
            }
            #expect(Self.reads(world) == 1)
            Self.put("hunter3", in: world)
            let newer = await redaction.redacted(Self.certificate("refused hunter3", version: "8"), now: world.clock)
            #expect(Self.message(newer) == "refused [secret]")
            #expect(Self.reads(world) == 2)
        }
    }

    @Test("What a Secret that could not be read left is not remembered: the message is there once it can be read")
    func failed() throws {
        try World.run { world in
            Self.put("hunter2", in: world)
            world.cluster.refuse { call in
                call.object?.kind == "Secret" ? ClusterFailure(code: .unavailable, message: "429") : nil
            }
            let redaction = Self.redaction(world)
            let object = Self.certificate("refused hunter2")
            for _ in 0..<3 {
                let silent = await redaction.redacted(object, now: world.clock)
                #expect(Self.message(silent) == nil)
            }
            #expect(Self.reads(world) == 1, "it is not asked for again at once")
            world.cluster.refuseNothing()
            try await world.pass(.seconds(10))
            let clean = await redaction.redacted(object, now: world.clock)
            #expect(Self.message(clean) == "refused [secret]")
        }
    }

    @Test("A condition may be quoted that holds: certificates say that they are being issued while they are ready")
    func holding() throws {
        try World.run { world in
            Self.put("hunter2", in: world)
            let object = Self.certificate("issued with hunter2", status: "True")
            let clean = await Self.redaction(world).redacted(object, now: world.clock)
            #expect(Self.message(clean) == "issued with [secret]")
        }
    }

    @Test("Of objects that are looked at together the Secrets are read once")
    func together() throws {
        try World.run { world in
            Self.put("hunter2", in: world)
            let objects = (0..<5).map { Self.certificate("refused hunter2", name: "web-\($0)") }
            let clean = await Self.redaction(world).redacted(objects, now: world.clock)
            #expect(clean.map(Self.message) == Array(repeating: "refused [secret]", count: 5))
            #expect(Self.reads(world) == 1)
        }
    }

    @Test("What may not be quoted, and what says nothing, is left alone, and no Secret is read for it")
    func leftAlone() throws {
        try World.run { world in
            let redaction = Self.redaction(world)
            var deployment = Planet.deployment("api", tag: "1", namespace: "staging")
            deployment["status"] = ["conditions": [["type": "Available", "status": "False", "message": "no"]]]
            let others = [deployment, Self.certificate(nil), Self.certificate("")]
            let clean = await redaction.redacted(others, now: world.clock)
            #expect(clean == others)
            #expect(Self.reads(world) == 0)
        }
    }
}
