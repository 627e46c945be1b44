// SPDX-License-Identifier: Apache-2.0

import Manifests

/// What a kube-apiserver serves beside its API: the index of paths, versions, health checks and metrics.
enum ServerPaths {
    /// Nil where the path is none of them.
    static func response(_ target: RequestTarget, _ server: APIServer) -> SandboxResponse? {
        switch (target.segments.first, target.segments.count) {
        case (nil, _), ("index.html", 1): written(index(server.registry))
        case ("version", 1): written(Discovery.version(server.options.gitVersion))
        case ("healthz", _), ("livez", _), ("readyz", _): HealthChecks.response(target)
        case ("metrics", 1): metrics(server)
        default: nil
        }
    }

    /// As `WriteRawJSON` writes it, whatever the client asks for.
    private static func written(_ value: Value) -> SandboxResponse {
        SandboxResponse(
            status: 200, headers: [(name: "content-type", value: "application/json")],
            body: .bytes(Array(JSON.prettyText(value).utf8)))
    }

    private static func index(_ registry: ResourceRegistry) -> Value {
        var paths = ["/api", "/api/v1", "/apis", "/apis/"]
        for group in registry.groups {
            paths.append("/apis/\(group.name)")
            paths += group.versions.map { "/apis/\(group.name)/\($0)" }
        }
        for name in ["healthz", "livez", "readyz"] {
            paths.append("/\(name)")
            paths += HealthChecks.names(name).map { "/\(name)/\($0)" }
        }
        paths += ["/metrics", "/openapi/v2", "/openapi/v3", "/openapi/v3/", "/version"]
        return ["paths": .array(paths.sorted().map { .string($0) })]
    }

    /// In the text format of Prometheus: what a kube-apiserver counts under these names, and nothing else.
    private static func metrics(_ server: APIServer) -> SandboxResponse {
        var lines = [
            "# HELP apiserver_resource_objects [STABLE] Number of stored objects at the time of last check split by kind.",
            "# TYPE apiserver_resource_objects gauge",
        ]
        for type in server.registry.all where type.isStorageVersion && type.verbs.contains("list") {
            let count = server.store.count(type.storage, namespace: nil)
            lines.append(
                "apiserver_resource_objects{group=\"\(type.group)\",resource=\"\(type.plural)\"} \(count)")
        }
        let version = server.options.gitVersion
        lines += [
            "# HELP kubernetes_build_info [ALPHA] A metric with a constant '1' value labeled by major, minor, git "
                + "version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was "
                + "built, and platform on which it is running.",
            "# TYPE kubernetes_build_info gauge",
            "kubernetes_build_info{git_version=\"\(version)\",platform=\"linux/amd64\"} 1",
        ]
        return SandboxResponse(
            status: 200,
            headers: [
                (name: "content-type", value: "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
            ], body: .bytes(Array((lines.joined(separator: "\n") + "\n").utf8)))
    }
}

/// The health checks of a kube-apiserver, all of which pass.
///
/// Source: apiserver, pkg/server/healthz.
enum HealthChecks {
    private static let hooks = [
        "start-apiserver-admission-initializer", "generic-apiserver-start-informers",
        "priority-and-fairness-config-consumer", "priority-and-fairness-filter", "storage-object-count-tracker-hook",
        "start-apiextensions-informers", "start-apiextensions-controllers", "crd-informer-synced",
        "start-system-namespaces-controller", "start-cluster-authentication-info-controller",
        "start-kube-apiserver-identity-lease-controller", "start-kube-apiserver-identity-lease-garbage-collector",
        "start-legacy-token-tracking-controller", "start-service-ip-repair-controllers", "rbac/bootstrap-roles",
        "scheduling/bootstrap-system-priority-classes", "priority-and-fairness-config-producer",
        "bootstrap-controller", "start-kubernetes-service-cidr-controller", "aggregator-reload-proxy-client-cert",
        "start-kube-aggregator-informers", "apiservice-status-local-available-controller",
        "apiservice-status-remote-available-controller", "apiservice-registration-controller",
        "apiservice-discovery-controller", "kube-apiserver-autoregistration",
    ]

    static func names(_ endpoint: String) -> [String] {
        let own = endpoint == "readyz" ? ["etcd-readiness", "informer-sync"] : []
        let last = endpoint == "readyz" ? ["shutdown"] : []
        return ["ping", "log", "etcd"] + own + hooks.map { "poststarthook/\($0)" } + ["autoregister-completion"]
            + ["apiservice-openapi-controller", "apiservice-openapiv3-controller"].map { "poststarthook/\($0)" } + last
    }

    /// Nil for a check that there is not.
    static func response(_ target: RequestTarget) -> SandboxResponse? {
        let endpoint = target.segments[0]
        let names = names(endpoint)
        let check = target.segments.dropFirst().joined(separator: "/")
        guard check.isEmpty else { return names.contains(check) ? text("ok") : nil }
        guard target["verbose"] != nil else { return text("ok") }
        let excluded = target.all("exclude")
        var lines = names.map { excluded.contains($0) ? "[+]\($0) excluded: ok" : "[+]\($0) ok" }
        let unknown = Set(excluded).subtracting(names).sorted()
        if !unknown.isEmpty {
            let quoted = unknown.map { GoText.quoted($0) }.joined(separator: ",")
            lines.append("warn: some health checks cannot be excluded: no matches for \(quoted)")
        }
        lines.append("\(endpoint) check passed")
        return text(lines.joined(separator: "\n") + "\n")
    }

    private static func text(_ text: String) -> SandboxResponse {
        var response = SandboxResponse.text(text)
        response.headers.append((name: "x-content-type-options", value: "nosniff"))
        return response
    }
}
