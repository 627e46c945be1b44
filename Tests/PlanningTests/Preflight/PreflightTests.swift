// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Testing

@Suite("What is known before a rollout")
struct PreflightTests {
    // MARK: Rights

    private static func rules(_ verbs: [String], _ groups: [String], _ resources: [String], names: [String] = [])
        -> AccessRules
    {
        func list(_ words: [String]) -> Value { .array(words.map { .string($0) }) }
        var rule: Object = ["verbs": list(verbs), "apiGroups": list(groups), "resources": list(resources)]
        if !names.isEmpty { rule["resourceNames"] = list(names) }
        return AccessRules(status: ["resourceRules": [.object(rule)]])
    }

    private static func right(_ verb: String, _ group: String, _ resource: String) -> AccessRight {
        AccessRight(verb: verb, group: group, resource: resource, namespace: "staging")
    }

    @Test("A right is held by its verb, group and resource, or a star for each")
    func rights() {
        let some = Self.rules(["create", "patch"], ["apps"], ["deployments"])
        #expect(some.allow(Self.right("patch", "apps", "deployments")))
        #expect(!some.allow(Self.right("delete", "apps", "deployments")))
        #expect(!some.allow(Self.right("patch", "", "deployments")))
        #expect(!some.allow(Self.right("patch", "apps", "statefulsets")))
        #expect(AccessRules.everything.allow(Self.right("get", "", "services/proxy")))
        #expect(Self.rules(["get"], [""], ["*/proxy"]).allow(Self.right("get", "", "services/proxy")))
        #expect(!Self.rules(["get"], [""], ["services"]).allow(Self.right("get", "", "services/proxy")))
        #expect(!Self.rules(["*"], ["*"], ["*"], names: ["api"]).allow(Self.right("patch", "apps", "deployments")))
        #expect(!AccessRules(status: nil).allow(Self.right("get", "", "pods")))
    }

    @Test("What is missing is told with the rule that grants it")
    func refusal() {
        let missing = [Self.right("create", "apps", "deployments"), Self.right("patch", "apps", "deployments")]
        #expect(missing.refusal.contains("may not create, patch deployments.apps in the namespace staging"))
        #expect(missing.refusal.contains("{apiGroups: [apps], resources: [deployments], verbs: [create, patch]}"))
    }

    // MARK: Quotas

    private static func quota(_ hard: Object, used: Object, scopes: [Value] = []) -> Object {
        var spec: Object = ["hard": .object(hard)]
        if !scopes.isEmpty { spec["scopes"] = .array(scopes) }
        return [
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": ["name": "team", "namespace": "staging"],
            "spec": .object(spec), "status": ["hard": .object(hard), "used": .object(used)],
        ]
    }

    private static func workload(_ kind: String, replicas: Int?, cpu: String = "500m") -> Object {
        let container: Value = [
            "name": "a", "resources": ["requests": ["cpu": .string(cpu)], "limits": ["memory": "1Gi"]],
        ]
        var spec: Object = ["template": ["spec": ["containers": [container]]]]
        if let replicas { spec["replicas"] = .integer(Int64(replicas)) }
        return ["apiVersion": "apps/v1", "kind": .string(kind), "spec": .object(spec)]
    }

    private static func change(
        _ manifest: Object, over live: Object? = nil, isScaled: Bool = false, name: String = "api"
    ) -> QuotaCheck.Change {
        let group = manifest.kind == "Job" ? "batch" : ["Service", "Secret"].contains(manifest.kind) ? "" : "apps"
        return QuotaCheck.Change(
            id: ObjectID(group: group, kind: manifest.kind, namespace: "staging", name: name),
            plural: manifest.kind.lowercased() + "s", manifest: manifest, live: live, isScaled: isScaled)
    }

    @Test("What a rollout adds counts, and what it replaces does not")
    func pods() {
        let quota = Self.quota(["pods": "4"], used: ["pods": "3"])
        let three = Self.workload("Deployment", replicas: 3)
        #expect(QuotaCheck([Self.change(three)]).shortage(in: [quota])?.resource == "pods")
        #expect(QuotaCheck([Self.change(three, over: three)]).shortage(in: [quota]) == nil)
        let four = Self.workload("Deployment", replicas: 4)
        #expect(QuotaCheck([Self.change(four, over: three)]).shortage(in: [quota]) == nil)
        let five = Self.workload("Deployment", replicas: 5)
        let shortage = QuotaCheck([Self.change(five, over: three)]).shortage(in: [quota])
        #expect(shortage?.text.contains("ResourceQuota staging/team has no room: pods is used 3 of 4") == true)
        #expect(shortage?.asked == "5" && shortage?.before == "3")
    }

    @Test("CPU, memory by limits, and numbers of objects are counted; what only shrinks is no shortage")
    func resources() {
        let one = Self.workload("Deployment", replicas: 3)
        let cpu = Self.quota(["requests.cpu": "2"], used: ["requests.cpu": "1"])
        #expect(QuotaCheck([Self.change(one)]).shortage(in: [cpu])?.asked == "1500m")
        let memory = Self.quota(["requests.memory": "2Gi"], used: ["requests.memory": "0"])
        #expect(QuotaCheck([Self.change(one)]).shortage(in: [memory])?.asked == "3Gi", "a request is the limit")
        let services = Self.quota(["services": "1", "count/deployments.apps": "9"], used: ["services": "1"])
        let service: Object = ["apiVersion": "v1", "kind": "Service"]
        #expect(QuotaCheck([Self.change(service)]).shortage(in: [services])?.resource == "services")
        #expect(QuotaCheck([Self.change(service, over: service)]).shortage(in: [services]) == nil)
        let over = Self.quota(["requests.cpu": "1"], used: ["requests.cpu": "9"])
        let two = Self.workload("Deployment", replicas: 2)
        #expect(QuotaCheck([Self.change(two, over: one)]).shortage(in: [over]) == nil)
    }

    @Test("What nobody can tell is left to the server")
    func unknown() {
        let quota = Self.quota(["pods": "1"], used: ["pods": "1"])
        #expect(QuotaCheck([Self.change(Self.workload("DaemonSet", replicas: nil))]).shortage(in: [quota]) == nil)
        let scoped = Self.quota(["pods": "1"], used: ["pods": "1"], scopes: ["BestEffort"])
        #expect(QuotaCheck([Self.change(Self.workload("Deployment", replicas: 3))]).shortage(in: [scoped]) == nil)
        // An autoscaler's replicas stay as they are.
        let live = Self.workload("Deployment", replicas: 1)
        let scaled = Self.change(Self.workload("Deployment", replicas: 9), over: live, isScaled: true)
        #expect(QuotaCheck([scaled]).shortage(in: [quota]) == nil)
        // Jobs come and go, one after the other.
        let jobs = ["a", "b"].map { Self.change(Self.workload("Job", replicas: nil), name: $0) }
        let room = Self.quota(["pods": "2"], used: ["pods": "1"])
        #expect(QuotaCheck(jobs).shortage(in: [room]) == nil)
        #expect(QuotaCheck(jobs).shortage(in: [quota])?.resource == "pods")
    }
}
