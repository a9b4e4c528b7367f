package io.jukung.runtime.nri;

import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.OpenFlags;
import io.jukung.linux.io.Epoll;
import io.jukung.linux.io.Readiness;
import io.jukung.linux.io.UnixSocket;
import io.jukung.linux.launch.LaunchFailure;
import io.jukung.linux.launch.Launcher;
import io.jukung.linux.launch.Program;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Arch;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.process.Pidfd;
import io.jukung.linux.process.ProcessGroup;
import io.jukung.linux.process.Signals;
import io.jukung.runtime.config.Config;
import io.jukung.runtime.store.StatePaths;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugins that are installed on the node and that the daemon starts: executable files in one
 * directory, and files with their configurations in another one.
 */
final class InstalledPlugins {
  private static final Logger LOG = LoggerFactory.getLogger(InstalledPlugins.class);

  /** The descriptor on which a plugin finds its connection. */
  private static final int CONNECTION = 3;

  private static final int F_SETFL = 4;

  /** How long to wait for the end of a killed plugin. */
  private static final Duration KILL_WAIT = Duration.ofSeconds(5);

  private final Config.Nri settings;
  private final Path directory;

  /**
   * @param directory for sockets that exist while a plugin is being started
   */
  InstalledPlugins(Config.Nri settings, Path directory) {
    this.settings = settings;
    this.directory = directory;
  }

  record Plugin(NriPlugin.Name name, Path executable, String configuration) {}

  /**
   * A plugin that was started.
   *
   * @param connection belongs to the receiver
   * @param end ends the process; to be called once
   */
  record Running(SocketChannel connection, Runnable end) {}

  /** The installed plugins. A file whose name is not that of a plugin is logged and left out. */
  List<Plugin> find() throws IOException {
    List<Plugin> found = new ArrayList<>();
    if (!Files.isDirectory(settings.pluginDir())) {
      return found;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(settings.pluginDir())) {
      for (Path each : entries) {
        if (!Files.isRegularFile(each) || !Files.isExecutable(each)) {
          continue;
        }
        Optional<NriPlugin.Name> name = NriPlugin.Name.of(String.valueOf(each.getFileName()));
        if (name.isPresent()) {
          found.add(new Plugin(name.get(), each, configuration(name.get())));
        } else {
          LOG.warn("{} is not named like an NRI plugin, such as 10-name", each);
        }
      }
    }
    found.sort(Comparator.comparing(Plugin::name));
    return found;
  }

  private String configuration(NriPlugin.Name name) throws IOException {
    for (String file : List.of(name + ".conf", name.base() + ".conf")) {
      try {
        return Files.readString(settings.pluginConfigDir().resolve(file));
      } catch (NoSuchFileException e) {
        LOG.debug("there is no {}", e.getMessage());
      }
    }
    return "";
  }

  /** Starts a plugin. */
  Running start(Plugin plugin) throws IOException {
    StatePaths.createPrivate(directory);
    Path path = directory.resolve(plugin.name() + ".sock");
    Files.deleteIfExists(path);
    try (ServerSocketChannel server = PluginSocket.bind(path);
        UnixSocket peer = UnixSocket.connect(path)) {
      Launcher.Launched launched = launch(plugin, peer.fd());
      try {
        return new Running(server.accept(), () -> endApart(plugin, launched));
      } catch (IOException e) {
        end(plugin, launched);
        throw e;
      }
    } finally {
      Files.deleteIfExists(path);
    }
  }

  private static Launcher.Launched launch(Plugin plugin, Fd connection) throws IOException {
    try (Fd input = HostFile.open("/dev/null", OpenFlags.O_RDONLY, 0)) {
      long[] registers = Launcher.noRegisters();
      registers[Register.STDIN] = input.number();
      registers[Register.FIRST_FREE] = connection.number();
      return Launcher.launch(
          new Launcher.Request(
              Program.empty().encode(Arch.CURRENT),
              program(plugin).encode(Arch.CURRENT),
              0,
              null,
              registers));
    } catch (LaunchFailure e) {
      throw new IOException("start " + plugin.executable() + ": " + Errno.describe(e.errno()), e);
    }
  }

  /** Standard output and error stay those of the daemon: what the plugin logs is in its log. */
  private static Program program(Plugin plugin) {
    String executable = plugin.executable().toString();
    ProgramBuilder program = new ProgramBuilder();
    program.inherit(Register.STDIN).inherit(Register.FIRST_FREE);
    program.step("standard input", Syscall.DUP3, reg(Register.STDIN), imm(0), imm(0));
    program.step("the connection", Syscall.DUP3, reg(Register.FIRST_FREE), imm(CONNECTION), imm(0));
    program.step(
        "whose reads and writes wait", Syscall.FCNTL, imm(CONNECTION), imm(F_SETFL), imm(0));
    program.closeOnExecFrom("close the rest on exec", CONNECTION + 1);
    program.step("a process group to kill", Syscall.SETSID);
    program.step(
        "run the plugin",
        Syscall.EXECVE,
        program.string(executable),
        program.pointers("argv", List.of(executable)),
        program.pointers(
            "envp",
            List.of(
                "NRI_PLUGIN_NAME=" + plugin.name().base(),
                "NRI_PLUGIN_IDX=" + plugin.name().index(),
                "NRI_PLUGIN_SOCKET=" + CONNECTION)));
    return program.build();
  }

  /** The wait for the end of a process would hold the carrier of a virtual thread. */
  private static void endApart(Plugin plugin, Launcher.Launched launched) {
    Thread.ofPlatform().name("nri end " + plugin.name()).start(() -> end(plugin, launched));
  }

  private static void end(Plugin plugin, Launcher.Launched launched) {
    try (Pidfd pidfd = Pidfd.own(launched.pidfd())) {
      ProcessGroup.send(launched.pid(), Signals.SIGKILL);
      Readiness.await(pidfd.fd(), Epoll.IN, KILL_WAIT.toMillis());
      if (pidfd.reap() == null) {
        LOG.warn("NRI plugin {} does not end although it was killed", plugin.name());
      }
    } catch (ErrnoException e) {
      LOG.warn("NRI plugin {}: its process cannot be ended: {}", plugin.name(), e.getMessage());
    }
  }
}
