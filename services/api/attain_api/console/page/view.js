// What pages are drawn with: Preact and htm, from one vendored file.

export { h, html, render, createContext, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState, useErrorBoundary }
  from "./htm/standalone.module.js";
