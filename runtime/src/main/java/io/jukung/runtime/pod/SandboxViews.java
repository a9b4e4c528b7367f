package io.jukung.runtime.pod;

import io.jukung.cri.v1.LinuxPodSandboxStatus;
import io.jukung.cri.v1.Namespace;
import io.jukung.cri.v1.NamespaceMode;
import io.jukung.cri.v1.NamespaceOption;
import io.jukung.cri.v1.PodIP;
import io.jukung.cri.v1.PodSandbox;
import io.jukung.cri.v1.PodSandboxAttributes;
import io.jukung.cri.v1.PodSandboxMetadata;
import io.jukung.cri.v1.PodSandboxNetworkStatus;
import io.jukung.cri.v1.PodSandboxState;
import io.jukung.cri.v1.PodSandboxStatus;
import io.jukung.cri.v1.UserNamespace;
import io.jukung.linux.namespace.IdMappings;
import io.jukung.runtime.spec.UserNamespaceOption;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxName;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxRecord.SandboxConfig;
import java.util.List;

/** Builds the messages in which CRI shows sandboxes. */
public final class SandboxViews {
  private SandboxViews() {}

  public static PodSandbox listed(SandboxRecord record) {
    return PodSandbox.newBuilder()
        .setId(record.id())
        .setMetadata(metadata(record.name()))
        .setState(state(record))
        .setCreatedAt(record.createdAt())
        .putAllLabels(record.config().labels())
        .putAllAnnotations(record.config().annotations())
        .setRuntimeHandler(record.runtimeHandler())
        .build();
  }

  /**
   * Returns {@link #listed(SandboxRecord)} in its serialized form, which is made once for a record.
   *
   * @param record a record of the sandbox that the caller has just read
   */
  public static byte[] listed(Sandbox sandbox, SandboxRecord record) {
    return sandbox.listed().of(record, () -> listed(record).toByteArray());
  }

  public static PodSandboxAttributes attributes(SandboxRecord record) {
    return PodSandboxAttributes.newBuilder()
        .setId(record.id())
        .setMetadata(metadata(record.name()))
        .putAllLabels(record.config().labels())
        .putAllAnnotations(record.config().annotations())
        .build();
  }

  public static PodSandboxStatus status(SandboxRecord record) {
    return PodSandboxStatus.newBuilder()
        .setId(record.id())
        .setMetadata(metadata(record.name()))
        .setState(state(record))
        .setCreatedAt(record.createdAt())
        .setNetwork(network(record.addresses()))
        .setLinux(
            LinuxPodSandboxStatus.newBuilder()
                .setNamespaces(Namespace.newBuilder().setOptions(namespaces(record.config()))))
        .putAllLabels(record.config().labels())
        .putAllAnnotations(record.config().annotations())
        .setRuntimeHandler(record.runtimeHandler())
        .build();
  }

  /**
   * Returns {@link #status(SandboxRecord)} in its serialized form, which is made once for a record.
   *
   * @param record a record of the sandbox that the caller has just read
   */
  public static byte[] status(Sandbox sandbox, SandboxRecord record) {
    return sandbox.shown().of(record, () -> status(record).toByteArray());
  }

  private static NamespaceOption namespaces(SandboxConfig config) {
    NamespaceOption.Builder options =
        NamespaceOption.newBuilder()
            .setNetwork(mode(config.network()))
            .setPid(mode(config.pid()))
            .setIpc(mode(config.ipc()));
    IdMappings user = config.user();
    if (user != null) {
      options.setUsernsOptions(
          UserNamespace.newBuilder()
              .setMode(NamespaceMode.POD)
              .addUids(UserNamespaceOption.mapping(user.users()))
              .addGids(UserNamespaceOption.mapping(user.groups())));
    }
    return options.build();
  }

  public static PodSandboxState state(SandboxRecord record) {
    return switch (record.state()) {
      case READY -> PodSandboxState.SANDBOX_READY;
      case CREATING, NOT_READY -> PodSandboxState.SANDBOX_NOTREADY;
    };
  }

  private static PodSandboxMetadata metadata(SandboxName name) {
    return PodSandboxMetadata.newBuilder()
        .setName(name.name())
        .setUid(name.uid())
        .setNamespace(name.namespace())
        .setAttempt((int) name.attempt())
        .build();
  }

  /** The addresses of the pod; none if it uses the host's network. */
  private static PodSandboxNetworkStatus network(List<String> addresses) {
    PodSandboxNetworkStatus.Builder network = PodSandboxNetworkStatus.newBuilder();
    for (int i = 0; i < addresses.size(); i++) {
      if (i == 0) {
        network.setIp(addresses.get(i));
      } else {
        network.addAdditionalIps(PodIP.newBuilder().setIp(addresses.get(i)));
      }
    }
    return network.build();
  }

  private static NamespaceMode mode(NamespaceOwner mode) {
    return switch (mode) {
      case POD -> NamespaceMode.POD;
      case CONTAINER -> NamespaceMode.CONTAINER;
      case NODE -> NamespaceMode.NODE;
      case TARGET -> NamespaceMode.TARGET;
    };
  }
}
