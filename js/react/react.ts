// What the wrapper uses of React, imported once: a bundle would repeat the import of each file.

export {
  cloneElement,
  createContext,
  createElement,
  Fragment,
  isValidElement,
  useContext,
  useEffect,
  useLayoutEffect,
  useMemo,
  useState,
} from "react";
