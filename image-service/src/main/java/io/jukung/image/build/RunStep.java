package io.jukung.image.build;

import io.jukung.cri.CriException;
import io.jukung.image.buildcache.CacheKey;
import io.jukung.image.buildcache.StageLayer;
import io.jukung.image.copy.CopyRules;
import io.jukung.image.copy.SourcePaths;
import io.jukung.image.copy.SourceTree;
import io.jukung.image.copy.TreeDigest;
import io.jukung.image.dockerfile.Heredoc;
import io.jukung.image.dockerfile.Instruction;
import io.jukung.image.dockerfile.InstructionWords;
import io.jukung.image.tar.TarPath;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.HostFile;
import io.jukung.linux.fs.Openat2;
import io.jukung.linux.mount.OverlayMount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/** One RUN: its command line, its mounts, and what they mean for the cache. For one thread. */
final class RunStep {
  private static final String SCRIPTS = "/run/jukung-build/";
  private static final String SECRETS = "/run/secrets/";

  /** Where docker's builder has the sockets of agents, with a number at the end. */
  private static final String AGENTS = "/run/buildkit/ssh_agent.";

  private static final String AGENT_VARIABLE = "SSH_AUTH_SOCK";

  private final BuildTools tools;
  private final int index;
  private final IntFunction<StageResult> others;
  private final CommandRunner runner;

  /**
   * @param index the number of the stage
   * @param others the results of the stages that this one needs
   */
  RunStep(BuildTools tools, int index, IntFunction<StageResult> others, CommandRunner runner) {
    this.tools = tools;
    this.index = index;
    this.others = others;
    this.runner = runner;
  }

  void carryOut(Instruction instruction, StageState state, LayerStep layers)
      throws IOException, InterruptedException {
    Map<String, String> seen = state.variables().seen();
    List<CommandRunner.Mount> mounts = new ArrayList<>();
    CacheKey key = layers.key("RUN");
    for (Instruction.Flag flag : instruction.flags()) {
      if (flag.name().equals("mount")) {
        String text = InstructionWords.whole(flag.value().orElse(""), seen, tools.file().escape());
        key.add(text);
        mount(MountOption.parse(text), state, key, agents(mounts)).ifPresent(mounts::add);
      }
    }
    CommandRunner.Network network = network(instruction);
    List<String> arguments = arguments(instruction, state, mounts);
    key.addAll(arguments).addAll(seen).add(network.name());
    key.add(state.settings().user()).add(state.settings().workingDirectory());
    for (Heredoc each : instruction.heredocs()) {
      key.add(each.content());
    }
    layers.run(
        key,
        history(instruction, arguments),
        overlays -> {
          ForeignPrograms.requireRunnable(state.settings().platform());
          var command =
              new CommandRunner.Command(
                  tools.images().intermediate(state.layers()),
                  arguments,
                  environment(state.variables().ofRun(), mounts),
                  state.settings().user(),
                  state.settings().workingDirectory(),
                  network,
                  mounts);
          try (CommandRunner.Ended ended = runner.run(command, layers.step()::output)) {
            if (ended.exitCode() != 0) {
              throw new CommandFailedException(
                  String.join(" ", arguments), ended.exitCode(), ended.outOfMemory());
            }
            return overlays.layer(ended.upper());
          }
        });
  }

  /** As docker's builder has it, so that tools which read histories know the form. */
  private static String history(Instruction instruction, List<String> arguments) {
    return instruction.heredocs().isEmpty()
        ? "RUN " + String.join(" ", arguments)
        : StageNames.text(instruction);
  }

  private CommandRunner.Network network(Instruction instruction) {
    return instruction
        .flag("network")
        .map(
            text ->
                switch (text) {
                  case "default" -> CommandRunner.Network.DEFAULT;
                  case "host" -> CommandRunner.Network.HOST;
                  case "none" -> CommandRunner.Network.NONE;
                  default ->
                      throw CriException.invalidArgument(
                          "--network=" + text + " is not default, host or none");
                })
        .orElse(tools.settings().network());
  }

  // ── the command line ───────────────────────────────────────────────────────────────────────

  private static List<String> arguments(
      Instruction instruction, StageState state, List<CommandRunner.Mount> mounts) {
    if (instruction.words().isPresent()) {
      return instruction.words().get();
    }
    List<String> words = new ArrayList<>(state.settings().shell());
    List<Heredoc> files = instruction.heredocs();
    if (files.isEmpty()) {
      words.add(instruction.argument());
      return words;
    }
    Heredoc first = files.getFirst();
    boolean alone = files.size() == 1 && instruction.argument().matches("<<-?\\S+");
    if (alone && first.content().startsWith("#!")) {
      String path = SCRIPTS + first.name();
      mounts.add(new CommandRunner.Mount.Script(first.content(), path));
      return List.of(path);
    }
    if (alone) {
      words.add(first.content());
      return words;
    }
    // The shell reads the files itself, and replaces variables in those that were not quoted.
    StringBuilder script = new StringBuilder(instruction.argument()).append('\n');
    files.forEach(each -> script.append(each.content()).append(each.name()).append('\n'));
    words.add(script.toString());
    return words;
  }

  // ── mounts ─────────────────────────────────────────────────────────────────────────────────

  private static int agents(List<CommandRunner.Mount> mounts) {
    return (int) mounts.stream().filter(CommandRunner.Mount.Agent.class::isInstance).count();
  }

  /** Tells the command where the first agent is, unless the Dockerfile says something else. */
  private static Map<String, String> environment(
      Map<String, String> variables, List<CommandRunner.Mount> mounts) {
    Map<String, String> all = new LinkedHashMap<>(variables);
    for (CommandRunner.Mount mount : mounts) {
      if (mount instanceof CommandRunner.Mount.Agent agent) {
        all.putIfAbsent(AGENT_VARIABLE, agent.target());
      }
    }
    return all;
  }

  /**
   * @param agents how many mounts before this one are agents
   */
  private Optional<CommandRunner.Mount> mount(
      MountOption option, StageState state, CacheKey key, int agents)
      throws IOException, InterruptedException {
    String directory = state.settings().workingDirectory();
    String target = Path.of(directory).resolve(option.target()).normalize().toString();
    return switch (option.type()) {
      case "bind" -> Optional.of(bind(option, target, key));
      case "cache" ->
          Optional.of(
              new CommandRunner.Mount.Cache(
                  option.value("id").orElse(target),
                  target,
                  option.value("sharing").equals(Optional.of("locked")),
                  option.isSet("readonly", false),
                  option.number("mode", 8, 0755),
                  option.number("uid", 10, 0),
                  option.number("gid", 10, 0)));
      case "tmpfs" -> Optional.of(new CommandRunner.Mount.Temporary(target));
      case "secret" -> secret(option, directory);
      case "ssh" -> agent(option, option.target().isEmpty() ? AGENTS + agents : target);
      default -> throw new IllegalStateException("mount of type " + option.type());
    };
  }

  private Optional<CommandRunner.Mount> secret(MountOption option, String directory) {
    if (option.value("env").isPresent()) {
      throw BuildErrors.unimplemented("RUN --mount=type=secret,env");
    }
    String target = option.target();
    String id = option.value("id").orElse(target.substring(target.lastIndexOf('/') + 1));
    if (id.isEmpty()) {
      throw CriException.invalidArgument("--mount=type=secret has neither an id nor a target");
    }
    if (!runner.hasSecret(id)) {
      if (option.isSet("required", false)) {
        throw CriException.invalidArgument(
            "secret " + id + " is not there: give it with --secret id=" + id + ",src=FILE");
      }
      return Optional.empty();
    }
    String path = target.isEmpty() ? SECRETS + id : target;
    return Optional.of(
        new CommandRunner.Mount.Secret(
            id,
            Path.of(directory).resolve(path).normalize().toString(),
            option.number("mode", 8, 0400),
            option.number("uid", 10, 0),
            option.number("gid", 10, 0)));
  }

  private Optional<CommandRunner.Mount> agent(MountOption option, String target) {
    String id = option.value("id").orElse("default");
    if (!runner.hasAgent(id)) {
      if (option.isSet("required", false)) {
        throw CriException.invalidArgument(
            "the SSH agent " + id + " is not there: give it with --ssh " + id);
      }
      return Optional.empty();
    }
    return Optional.of(
        new CommandRunner.Mount.Agent(
            id,
            target,
            option.number("mode", 8, 0600),
            option.number("uid", 10, 0),
            option.number("gid", 10, 0)));
  }

  private CommandRunner.Mount bind(MountOption option, String target, CacheKey key)
      throws IOException, InterruptedException {
    String source = option.value("source").orElse("/");
    Optional<String> from = option.value("from");
    if (from.isEmpty()) {
      SourceTree context = tools.context();
      List<String> paths = new SourcePaths(context).find(source);
      key.add(TreeDigest.of(context, paths.subList(0, 1), CopyRules.PLAIN).toString());
      return new CommandRunner.Mount.Bind(real(context, paths.getFirst()), target);
    }
    Optional<Integer> earlier = tools.graph().earlier(from.get(), index);
    List<StageLayer> layers =
        earlier.isPresent()
            ? others.apply(earlier.get()).layers()
            : tools.images().base(tools.bases().get(from.get(), tools.platform())).layers();
    key.add(StageLayer.chain(layers));
    String image = tools.images().intermediate(layers);
    try (Fd root = OverlayMount.detachedReadOnly(tools.images().mounted(layers))) {
      SourceTree tree = new SourceTree(root, from.get(), /* keepsOwners= */ true);
      String path = new SourcePaths(tree).find(source).getFirst();
      return new CommandRunner.Mount.OfImage(image, path, target);
    }
  }

  /** Where a path of the context is, after its links were followed inside the context. */
  private Path real(SourceTree context, String path) throws IOException {
    try (Fd found = Openat2.openPath(context.root(), TarPath.bytes(path))) {
      Path real = Path.of(HostFile.readLink(found.procPath()));
      if (!real.startsWith(tools.contextDirectory().toRealPath())) {
        throw CriException.invalidArgument(
            "\"/" + TarPath.display(path) + "\" is not in the context");
      }
      return real;
    }
  }
}
