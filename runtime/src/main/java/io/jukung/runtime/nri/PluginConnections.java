package io.jukung.runtime.nri;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.jukung.cri.client.Release;
import io.jukung.nri.v1alpha1.ConfigureRequest;
import io.jukung.nri.v1alpha1.Empty;
import io.jukung.nri.v1alpha1.RegisterPluginRequest;
import io.jukung.nri.v1alpha1.UpdateContainersRequest;
import io.jukung.nri.v1alpha1.UpdateContainersResponse;
import io.jukung.runtime.call.Failures;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.nri.ttrpc.Multiplexer;
import io.jukung.runtime.nri.ttrpc.TtrpcException;
import io.jukung.runtime.nri.ttrpc.TtrpcPeer;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes connections of plugins until each has joined. Thread-safe. */
final class PluginConnections {
  private static final Logger LOG = LoggerFactory.getLogger(PluginConnections.class);

  static final String SERVICE = "nri.pkg.api.v1alpha1.Runtime";

  /** The release of the protocol that is spoken here. */
  private static final String PROTOCOL = "v0.12.0";

  /** How many plugins may be joining at once; other connections are closed at once. */
  private static final int MAX_JOINING = 8;

  private final Config.Nri settings;
  private final NriPlugins plugins;
  private final InstalledPlugins installed;
  private final Semaphore joining = new Semaphore(MAX_JOINING);
  private @Nullable PluginSocket socket;

  PluginConnections(Config.Nri settings, StatePaths paths, NriPlugins plugins) {
    this.settings = settings;
    this.plugins = plugins;
    this.installed = new InstalledPlugins(settings, paths.state().resolve("nri"));
  }

  /** Starts the installed plugins and waits for them, for a bounded time; then opens the socket. */
  void start() throws IOException {
    List<Thread> starts = new ArrayList<>();
    for (InstalledPlugins.Plugin each : installed.find()) {
      starts.add(
          Thread.ofPlatform().name("nri start " + each.name()).start(() -> startInstalled(each)));
    }
    for (Thread each : starts) {
      try {
        // Registration, configuration and synchronization are bounded.
        each.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("the start of NRI plugins was interrupted", e);
      }
    }
    if (settings.connections()) {
      socket = PluginSocket.listen(settings.socket(), this::connected);
    }
  }

  private void startInstalled(InstalledPlugins.Plugin plugin) {
    try {
      InstalledPlugins.Running running = installed.start(plugin);
      take(running.connection(), plugin.name(), plugin.configuration(), running::end);
    } catch (IOException e) {
      LOG.warn("NRI plugin {} cannot be started: {}", plugin.name(), e.getMessage());
    }
  }

  private void connected(SocketChannel connection) {
    if (!joining.tryAcquire()) {
      LOG.warn("a connection of an NRI plugin is closed: {} are joining", MAX_JOINING);
      PluginSocket.closeQuietly(connection);
      return;
    }
    Thread.ofVirtual()
        .name("nri plugin")
        .start(
            () -> {
              try {
                take(connection, null, "", () -> {});
              } finally {
                joining.release();
              }
            });
  }

  /**
   * Lets a plugin register, and join.
   *
   * @param given its name, if the daemon has started it; null: it names itself
   * @param onEnd is run when the connection is closed
   */
  private void take(
      SocketChannel connection,
      NriPlugin.@Nullable Name given,
      String configuration,
      Runnable onEnd) {
    Registration registration = new Registration(given);
    TtrpcPeer peer =
        TtrpcPeer.start(
            new Multiplexer(connection),
            new TtrpcPeer.Channels(Multiplexer.PLUGIN_SERVICE, Multiplexer.RUNTIME_SERVICE),
            registration,
            () -> {
              onEnd.run();
              registration.ended();
            },
            "nri " + (given == null ? "plugin" : given));
    String who = given == null ? "an NRI plugin" : "NRI plugin " + given;
    try {
      NriPlugin.Name name =
          registration.name.get(settings.registrationTimeout().toNanos(), TimeUnit.NANOSECONDS);
      who = "NRI plugin " + name;
      NriPlugin plugin = new NriPlugin(name, peer, settings.requestTimeout());
      plugin.configure(
          ConfigureRequest.newBuilder()
              .setConfig(configuration)
              .setRuntimeName("jukung")
              .setRuntimeVersion(Release.version())
              .setRegistrationTimeout(settings.registrationTimeout().toMillis())
              .setRequestTimeout(settings.requestTimeout().toMillis())
              .setNRIVersion(PROTOCOL)
              .build());
      plugins.join(plugin);
      registration.joined = true;
    } catch (TimeoutException e) {
      refuse(peer, who, registration.refusal);
    } catch (IOException | TtrpcException e) {
      refuse(peer, who, String.valueOf(e.getMessage()));
    } catch (ExecutionException e) {
      refuse(peer, who, String.valueOf(Failures.cause(e).getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      refuse(peer, who, "interrupted");
    }
  }

  private static void refuse(TtrpcPeer peer, String who, String why) {
    LOG.warn("{} cannot join: {}", who, why);
    peer.close();
  }

  /** Answers the calls of one plugin. */
  private final class Registration implements TtrpcPeer.Handler {
    final CompletableFuture<NriPlugin.Name> name = new CompletableFuture<>();
    private final NriPlugin.@Nullable Name given;
    volatile boolean joined;
    volatile String refusal = "it does not answer in time";

    Registration(NriPlugin.@Nullable Name given) {
      this.given = given;
    }

    void ended() {
      name.completeExceptionally(new IOException("the connection was closed"));
      if (joined) {
        LOG.info("NRI plugin {} has left", name.resultNow());
        plugins.forgetClosed();
      }
    }

    @Override
    public Message call(String service, String method, ByteString payload) throws TtrpcException {
      if (service.equals(SERVICE)) {
        try {
          switch (method) {
            case "RegisterPlugin" -> {
              return register(RegisterPluginRequest.parseFrom(payload));
            }
            case "UpdateContainers" -> {
              return update(UpdateContainersRequest.parseFrom(payload));
            }
            default -> {}
          }
        } catch (InvalidProtocolBufferException e) {
          throw new TtrpcException(TtrpcException.INVALID_ARGUMENT, method + ": " + e.getMessage());
        }
      }
      throw new TtrpcException(
          TtrpcException.UNIMPLEMENTED, "there is no method " + service + "/" + method);
    }

    private Message register(RegisterPluginRequest request) throws TtrpcException {
      NriPlugin.Name own =
          given == null
              ? new NriPlugin.Name(request.getPluginIdx(), request.getPluginName())
              : given;
      Optional<String> problem = own.problem();
      if (problem.isPresent()) {
        refusal = problem.get(); // the connection stays, so that the plugin gets the answer
        throw new TtrpcException(TtrpcException.INVALID_ARGUMENT, problem.get());
      }
      if (!name.complete(own)) {
        throw new TtrpcException(
            TtrpcException.FAILED_PRECONDITION, "the plugin is registered already");
      }
      return Empty.getDefaultInstance();
    }

    private Message update(UpdateContainersRequest request) throws TtrpcException {
      if (!joined) {
        throw new TtrpcException(
            TtrpcException.FAILED_PRECONDITION, "the plugin has not joined yet");
      }
      String plugin = name.resultNow().toString();
      plugins.evict(request.getEvictList(), plugin);
      return UpdateContainersResponse.newBuilder()
          .addAllFailed(plugins.update(request.getUpdateList(), plugin))
          .build();
    }
  }

  void close() throws IOException {
    if (socket != null) {
      socket.close();
    }
  }
}
