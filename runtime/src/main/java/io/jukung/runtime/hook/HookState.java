package io.jukung.runtime.hook;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.jukung.runtime.spec.Spec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a hook reads on its standard input ("State" of runtime.md of the OCI runtime specification).
 *
 * @param status creating, created, running or stopped
 * @param pid of the container's process, as the hook sees it; 0: there is none
 * @param bundle the container's directory on the node, with config.json
 */
record HookState(String id, String status, int pid, Path bundle) {
  private static final ObjectWriter JSON = JsonMapper.builder().build().writer();

  byte[] toJson() throws IOException {
    Map<String, Object> state = new LinkedHashMap<>();
    state.put("ociVersion", Spec.OCI_VERSION);
    state.put("id", id);
    state.put("status", status);
    if (pid != 0) {
      state.put("pid", pid);
    }
    state.put("bundle", bundle.toString());
    return JSON.writeValueAsBytes(state);
  }
}
