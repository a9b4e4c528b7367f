package io.jukung.runtime.handler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.linux.io.Eventfd;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.runtime.call.NodeProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a runtime of the OCI can do, as it says itself.
 *
 * @param recursiveReadOnly whether it knows the mount option {@code rro}
 * @param execCgroups whether an exec can be put into a cgroup of its own
 * @see <a
 *     href="https://github.com/opencontainers/runtime-spec/blob/v1.2.0/features.md">features.md</a>
 */
record OciFeatures(boolean recursiveReadOnly, boolean execCgroups) {
  private static final Logger LOG = LoggerFactory.getLogger(OciFeatures.class);
  static final OciFeatures NONE = new OciFeatures(false, false);

  /** A program that does not answer in this time has no features. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  /** Asks the program. Blocks its thread in the kernel. Never fails: what is not said is not so. */
  static OciFeatures ask(OciHandler handler) {
    try (Eventfd never = Eventfd.create()) {
      return new OciFeatures(
          hasRecursiveReadOnly(said(handler, List.of("features"), never)),
          said(handler, List.of("exec", "--help"), never).contains("--cgroup"));
    } catch (IOException e) {
      LOG.warn("runtime handler {} cannot be used: {}", handler.name(), e.getMessage());
      return NONE;
    }
  }

  static boolean hasRecursiveReadOnly(String features) {
    try {
      for (JsonNode option : JSON.readTree(features).path("mountOptions")) {
        if (option.asText().equals("rro")) {
          return true;
        }
      }
    } catch (JsonProcessingException e) {
      LOG.debug("these are no features: {}", e.getMessage()); // an old runtime has no such command
    }
    return false;
  }

  private static String said(OciHandler handler, List<String> arguments, Eventfd never)
      throws IOException {
    ProgramBuilder program = new ProgramBuilder();
    program.inherit(Register.STDIN).inherit(Register.STDOUT).inherit(Register.STDERR);
    NodeProgram.execute(
        program, handler.path().toString(), handler.command(arguments), OciHandler.ENVIRONMENT);
    NodeProgram.Outcome outcome =
        NodeProgram.run(program.build(), null, null, new byte[0], PATIENCE, never);
    return new String(outcome.stdout(), StandardCharsets.UTF_8);
  }
}
