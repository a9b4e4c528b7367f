package io.jukung.engine;

import io.jukung.engine.build.BuildRoutes;
import io.jukung.engine.container.AutoRemoval;
import io.jukung.engine.container.ContainerRoutes;
import io.jukung.engine.container.Readiness;
import io.jukung.engine.container.Removal;
import io.jukung.engine.daemon.Daemon;
import io.jukung.engine.daemon.EventHub;
import io.jukung.engine.daemon.Lookup;
import io.jukung.engine.files.FileRoutes;
import io.jukung.engine.http.HttpServer;
import io.jukung.engine.http.Listener;
import io.jukung.engine.http.Router;
import io.jukung.engine.http.SocketListener;
import io.jukung.engine.image.ArchiveRoutes;
import io.jukung.engine.image.ImageRoutes;
import io.jukung.engine.image.RegistryRoutes;
import io.jukung.engine.network.NetworkRoutes;
import io.jukung.engine.stream.AttachRoutes;
import io.jukung.engine.stream.ExecRoutes;
import io.jukung.engine.stream.LogRoutes;
import io.jukung.engine.system.DiskUsageRoute;
import io.jukung.engine.system.EventRoutes;
import io.jukung.engine.system.SwarmRoutes;
import io.jukung.engine.system.SystemRoutes;
import io.jukung.engine.usage.StatsRoutes;
import io.jukung.engine.usage.TopRoutes;
import io.jukung.engine.usage.UpdateRoutes;
import io.jukung.engine.volume.VolumeRoutes;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The engine: the parts, put together. */
final class Engine implements AutoCloseable {
  private final Daemon daemon;
  private final EventHub events;
  private final AutoRemoval autoRemoval;
  private final HttpServer server;
  private final List<Path> sockets;
  private final Consumer<String> log;

  private Engine(
      Daemon daemon,
      EventHub events,
      AutoRemoval autoRemoval,
      HttpServer server,
      List<Path> sockets,
      Consumer<String> log) {
    this.daemon = daemon;
    this.events = events;
    this.autoRemoval = autoRemoval;
    this.server = server;
    this.sockets = sockets;
    this.log = log;
  }

  /** Listens. Nothing is served before {@link #serve}. */
  static Engine open(Arguments arguments, PrintStream err) throws IOException {
    Consumer<String> log = line -> err.println("jukung engine: " + line);
    List<Listener> listeners = listeners(arguments, log);
    Daemon daemon = Daemon.at(arguments.daemon());
    Lookup lookup = new Lookup(daemon);
    EventHub events = new EventHub(daemon);
    Removal removal = new Removal(daemon, log);
    AutoRemoval autoRemoval = new AutoRemoval(lookup, removal, log);
    autoRemoval.start(events);
    Router router = routes(daemon, lookup, events, removal, arguments.logDirectory(), log);
    events.start();
    HttpServer server = new HttpServer(listeners, router, log);
    List<Path> sockets =
        arguments.listen().stream()
            .filter(ListenAddress.Socket.class::isInstance)
            .map(each -> ((ListenAddress.Socket) each).path())
            .toList();
    return new Engine(daemon, events, autoRemoval, server, sockets, log);
  }

  private static List<Listener> listeners(Arguments arguments, Consumer<String> log)
      throws IOException {
    List<Listener> listeners = new ArrayList<>();
    boolean all = false;
    try {
      for (ListenAddress each : arguments.listen()) {
        listeners.add(listener(each, arguments, log));
      }
      all = true;
      return listeners;
    } finally {
      if (!all) {
        for (Listener each : listeners) {
          each.close();
        }
      }
    }
  }

  private static Listener listener(ListenAddress address, Arguments arguments, Consumer<String> log)
      throws IOException {
    return switch (address) {
      case ListenAddress.Socket(Path path) ->
          new SocketListener(ApiSocket.listen(path, arguments.group()));
      case ListenAddress.Inherited() -> new SocketListener(InheritedSocket.take());
      case ListenAddress.Tcp tcp ->
          TlsListener.listen(tcp.address(), arguments.tls().orElseThrow().read(), log);
    };
  }

  /** The table of all routes. */
  static Router routes(
      Daemon daemon,
      Lookup lookup,
      EventHub events,
      Removal removal,
      Path logs,
      Consumer<String> log) {
    Router router = new Router();
    Readiness readiness = new Readiness(daemon, log);
    new SystemRoutes(daemon, lookup).addTo(router);
    new ContainerRoutes(daemon, lookup, events, removal, readiness, logs).addTo(router);
    new LogRoutes(daemon, lookup).addTo(router);
    new AttachRoutes(daemon, lookup, readiness).addTo(router);
    new ExecRoutes(daemon, lookup, log).addTo(router);
    new ImageRoutes(daemon, lookup).addTo(router);
    new RegistryRoutes(daemon, lookup).addTo(router);
    new ArchiveRoutes(daemon, lookup).addTo(router);
    new BuildRoutes(daemon).addTo(router);
    new DiskUsageRoute(daemon, lookup).addTo(router);
    new VolumeRoutes(daemon).addTo(router);
    new FileRoutes(daemon, lookup).addTo(router);
    new EventRoutes(events).addTo(router);
    new NetworkRoutes(daemon, lookup).addTo(router);
    new StatsRoutes(daemon, lookup).addTo(router);
    new TopRoutes(daemon, lookup).addTo(router);
    new UpdateRoutes(daemon, lookup).addTo(router);
    SwarmRoutes.addTo(router);
    return router;
  }

  void serve() throws InterruptedException {
    server.serve();
  }

  /** Ends the engine; {@link #serve} returns. */
  void end() {
    try {
      close();
    } catch (IOException e) {
      log.accept("the end failed: " + e);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    autoRemoval.close();
    events.close();
    daemon.close();
    for (Path each : sockets) {
      Files.deleteIfExists(each);
    }
  }
}
