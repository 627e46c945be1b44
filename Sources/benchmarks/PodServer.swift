// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import TestSupport

/// An API server of nothing but pods, as fast as its socket: lists in pages, watches that begin with all there is. Each
/// line on standard input changes every pod once.
final class PodServer: Sendable {
    private let count: Int
    private let gate = LoopbackGate()

    init(count: Int) { self.count = count }

    func run() throws {
        let server = try LoopbackServer { [self] request, connection in answer(request, connection) }
        print(server.port)
        fflush(nil)
        while readLine() != nil { gate.open() }
        server.close()
    }

    static func name(_ index: Int) -> String { "api-6d5f7c9b8d-\(10_000 + index)" }

    private func answer(_ request: LoopbackServer.Request, _ connection: LoopbackConnection) {
        let target = request.target
        if target == "/api" { return connection.respond(body: Array(Self.discovery.utf8)) }
        guard target.contains("/pods") else { return connection.respond(body: Array(Self.nothing.utf8)) }
        target.contains("watch=true") ? watch(connection) : list(target, connection)
    }

    private func list(_ target: String, _ connection: LoopbackConnection) {
        let start =
            target.split(separator: "continue=").dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
        let end = min(start + 500, count)
        let items = (start..<end).map { Self.pod($0, version: $0 + 1) }.joined(separator: ",")
        let token = end < count ? String(end) : ""
        connection.respond(
            body: Array(
                #"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"\#(2 * count)","continue":"\#(token)"},"items":[\#(items)]}"#
                    .utf8))
    }

    private func watch(_ connection: LoopbackConnection) {
        connection.beginChunked()
        for index in 0..<count { send("ADDED", Self.pod(index, version: index + 1), connection) }
        let metadata =
            #"{"resourceVersion":"\#(count)","annotations":{"k8s.io/initial-events-end":"true"}}"#
        send("BOOKMARK", #"{"kind":"Pod","apiVersion":"v1","metadata":\#(metadata)}"#, connection)
        gate.pass()
        for index in 0..<count { send("MODIFIED", Self.pod(index, version: count + index + 1), connection) }
        _ = connection.waitForPeerToClose()
    }

    private func send(_ type: String, _ object: String, _ connection: LoopbackConnection) {
        connection.chunk(Array(#"{"type":"\#(type)","object":\#(object)}"#.utf8) + [0x0A])
    }

    private static let nothing = #"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[]}"#
    private static let discovery =
        #"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[{"metadata":{},"versions":"#
        + #"[{"version":"v1","resources":[{"resource":"pods","responseKind":{"group":"","version":"","kind":"Pod"},"#
        + #""scope":"Namespaced","verbs":["get","list","watch"]}],"freshness":"Current"}]}]}"#

    /// As a kubelet leaves it.
    static func pod(_ index: Int, version: Int) -> String {
        let fields =
            #""f:metadata":{"f:labels":{".":{},"f:app":{},"f:pod-template-hash":{}},"f:generateName":{},"#
            + #""f:ownerReferences":{".":{},"k:{\"uid\":\"7a6c1f0e\"}":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"api\"}":"#
            + #"{".":{},"f:env":{".":{},"k:{\"name\":\"LOG_LEVEL\"}":{".":{},"f:name":{},"f:value":{}}},"f:image":{},"#
            + #""f:imagePullPolicy":{},"f:livenessProbe":{".":{},"f:failureThreshold":{},"f:httpGet":{".":{},"f:path":{},"#
            + #""f:port":{},"f:scheme":{}},"f:periodSeconds":{}},"f:name":{},"f:resources":{".":{},"f:limits":{".":{},"#
            + #""f:memory":{}}}}},"f:dnsPolicy":{},"f:restartPolicy":{},"f:schedulerName":{}}"#
        let status =
            #""f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{},"f:lastTransitionTime":{},"f:status":{},"#
            + #""f:type":{}}},"f:containerStatuses":{},"f:hostIP":{},"f:phase":{},"f:podIP":{},"f:startTime":{}}"#
        let managed =
            #"[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","#
            + #""time":"2026-11-24T10:00:00Z","fieldsType":"FieldsV1","fieldsV1":{\#(fields)}},"#
            + #"{"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"2026-11-24T10:00:05Z","#
            + #""fieldsType":"FieldsV1","fieldsV1":{\#(status)},"subresource":"status"}]"#
        let conditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
            .map {
                #"{"type":"\#($0)","observedGeneration":1,"status":"True","lastProbeTime":null,"lastTransitionTime":"2026-11-24T10:00:05Z"}"#
            }.joined(separator: ",")
        let probe =
            #"{"httpGet":{"path":"/healthz","port":8080,"scheme":"HTTP"},"initialDelaySeconds":5,"timeoutSeconds":1,"#
            + #""periodSeconds":10,"successThreshold":1,"failureThreshold":3}"#
        let container =
            #"{"name":"api","image":"registry.example.com/team/api:1.42.0","ports":[{"name":"http","containerPort":8080,"#
            + #""protocol":"TCP"}],"env":[{"name":"LOG_LEVEL","value":"info"},{"name":"DATABASE_URL","valueFrom":"#
            + #"{"secretKeyRef":{"name":"database","key":"url"}}}],"resources":{"limits":{"memory":"256Mi"},"requests":"#
            + #"{"cpu":"100m","memory":"256Mi"}},"volumeMounts":[{"name":"kube-api-access-x7x2p","readOnly":true,"#
            + #""mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],"livenessProbe":\#(probe),"readinessProbe":"#
            + #"\#(probe),"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","#
            + #""imagePullPolicy":"IfNotPresent"}"#
        let volume =
            #"{"name":"kube-api-access-x7x2p","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"#
            + #""path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},"#
            + #"{"downwardAPI":{"items":[{"path":"namespace","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}],"#
            + #""defaultMode":420}}"#
        let toleration = { (key: String) in
            #"{"key":"node.kubernetes.io/\#(key)","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}"#
        }
        let containerStatus =
            #"{"name":"api","state":{"running":{"startedAt":"2026-11-24T10:00:04Z"}},"lastState":{},"ready":true,"#
            + #""restartCount":0,"image":"registry.example.com/team/api:1.42.0","imageID":"registry.example.com/team/api@sha256:"#
            + #"9b2c1f0e7d6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c","containerID":"containerd://"#
            + #"4f3e2d1c0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f5e4d3c2b1a0f9e8d7c6b5a4f3e","started":true}"#
        return
            #"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"\#(name(index))","generateName":"api-6d5f7c9b8d-","#
            + #""namespace":"bench","uid":"7a6c1f0e-1b2c-4d3e-8f90-\#(100_000_000_000 + index)","resourceVersion":"\#(version)","#
            + #""generation":1,"creationTimestamp":"2026-11-24T10:00:00Z","labels":{"app":"api","pod-template-hash":"6d5f7c9b8d"},"#
            + #""ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"api-6d5f7c9b8d","uid":"#
            + #""7a6c1f0e-1b2c-4d3e-8f90-\#(200_000_000_000 + index / 10)","controller":true,"blockOwnerDeletion":true}],"#
            + #""managedFields":\#(managed)},"spec":{"volumes":[\#(volume)],"containers":[\#(container)],"restartPolicy":"Always","#
            + #""terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","serviceAccount":"#
            + #""default","nodeName":"node-\#(index % 50)","securityContext":{},"schedulerName":"default-scheduler","tolerations":"#
            + #"[\#(toleration("not-ready")),\#(toleration("unreachable"))],"priority":0,"enableServiceLinks":true,"#
            + #""preemptionPolicy":"PreemptLowerPriority"},"status":{"observedGeneration":1,"phase":"Running","conditions":[\#(conditions)],"#
            + #""hostIP":"10.0.0.5","hostIPs":[{"ip":"10.0.0.5"}],"podIP":"10.1.2.3","podIPs":[{"ip":"10.1.2.3"}],"startTime":"#
            + #""2026-11-24T10:00:00Z","containerStatuses":[\#(containerStatus)],"qosClass":"Burstable"}}"#
    }
}
