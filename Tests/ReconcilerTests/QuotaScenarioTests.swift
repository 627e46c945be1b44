// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Testing

@Suite("Quotas, before a rollout")
struct QuotaScenarioTests {
    private static func quota(_ cores: Int64, used: Int64) -> Object {
        [
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "team", "namespace": "staging"],
            "spec": ["hard": ["requests.cpu": .integer(cores)]],
            "status": ["hard": ["requests.cpu": .integer(cores)], "used": ["requests.cpu": .integer(used)]],
        ]
    }

    private static func api(_ tag: String, cores: Int64) -> (Application, [Object]) {
        var deployment = Planet.deployment("api", tag: tag)
        let container: Object = [
            "name": "main", "image": .string("registry.example.com/api:\(tag)"),
            "resources": ["requests": ["cpu": .integer(cores)]],
        ]
        deployment.set([.object(container)], at: "spec", "template", "spec", "containers")
        return (Planet.application("api"), [deployment])
    }

    @Test("What is taken back is not measured")
    func rollback() throws {
        try World.run { world in
            world.cluster.put(Self.quota(20, used: 6))
            world.source.push("one", Planet.commit([Self.api("1", cores: 6)]))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.commit([Self.api("bad1", cores: 1)]))
            try await world.until("rolled out") {
                world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:bad1"
            }
            world.cluster.put(Self.quota(1, used: 1))
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
        }
    }
}
