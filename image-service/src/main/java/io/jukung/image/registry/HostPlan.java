package io.jukung.image.registry;

import io.jukung.image.credentials.Credentials;
import io.jukung.image.registry.RegistryHost.Capability;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * What a pull would ask one host for, and why that host, in words for people. No field holds a
 * secret: headers are listed by their names, keys by their files.
 *
 * @param url the URL that repository paths are appended to
 * @param asked what the host is asked for, such as "content by digest only (capabilities)"
 * @param origin the configuration that put the host on the list
 * @param notes further facts, one line each
 */
public record HostPlan(String url, String asked, String origin, List<String> notes) {
  static HostPlan of(RegistryHost host, Credentials credentials, ProxyRule environmentProxies) {
    List<String> notes = new ArrayList<>();
    notes.add(credentials(host, credentials));
    host.proxyOr(environmentProxies).explain(host.base()).ifPresent(notes::add);
    if (host.base().getScheme().equals("http")) {
      notes.add("plain http: the connection is neither encrypted nor authenticated");
    }
    RegistryHost.Tls tls = host.tls();
    tls.certificateAuthorities().forEach(ca -> notes.add("certificate authority " + ca));
    tls.clients().forEach(client -> notes.add("client certificate " + client.certificate()));
    if (tls.skipVerify()) {
      notes.add("the host's certificate is not verified (skip_verify)");
    }
    if (!host.headers().isEmpty()) {
      notes.add("headers " + String.join(", ", new TreeSet<>(host.headers().keySet())));
    }
    return new HostPlan(host.base().toString(), asked(host), host.origin(), List.copyOf(notes));
  }

  private static String asked(RegistryHost host) {
    boolean resolve = host.capabilities().contains(Capability.RESOLVE);
    boolean pull = host.capabilities().contains(Capability.PULL);
    if (resolve && pull) {
      return "the manifest that a tag names, and content by digest";
    }
    return pull
        ? "content by digest only (capabilities)"
        : resolve ? "the manifest that a tag names only (capabilities)" : "nothing (capabilities)";
  }

  private static String credentials(RegistryHost host, Credentials credentials) {
    return switch (credentials.kind()) {
      case ANONYMOUS ->
          "no credentials: none were given for this registry, and no auth file has any";
      case PASSWORD, IDENTITY_TOKEN, REGISTRY_TOKEN ->
          host.server()
              ? credentials.origin() + ", if the host asks for them"
              : "no credentials: this host is not the registry itself";
    };
  }
}
